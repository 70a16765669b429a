import { mkdir, readdir, stat, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { beforeEach, describe, expect } from 'vitest';
import { toFileSystemError } from '../../src/disk/errors.js';
import {
  exists,
  isDirectory,
  makeDir,
  mayExist,
  missingDirs,
  readIfExists,
  readTextIfExists,
  removeEmptyDirs,
  removeIfExists,
  removeLargeIfExists,
  statIfExists,
  tryReadText,
  tryRemove,
  withParentDir,
} from '../../src/disk/files.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';

let file: string;
let folder: string;
let missing: string;
let brokenLink: string;
/** A path with a file in place of a folder: examining it fails with ENOTDIR. */
let belowFile: string;
beforeEach(async () => {
  file = await sandbox.write('file', 'text');
  folder = dirname(await sandbox.write('folder/inside', ''));
  missing = sandbox.path('missing');
  belowFile = sandbox.path('file', 'below');
  brokenLink = sandbox.path('link');
  await symlink(missing, brokenLink);
});

describe('a path', () => {
  it('exists if there is a file, a folder, or a broken link', () => {
    expect([file, folder, brokenLink, missing].map(exists)).toEqual([true, true, true, false]);
    expect(() => exists(belowFile)).toThrow(expect.objectContaining({ name: 'FileSystemError' }));
  });

  it('may exist if it cannot be examined', async () => {
    const loop = sandbox.path('loop');
    await symlink(loop, loop);
    expect([file, loop, brokenLink, missing].map(mayExist)).toEqual([true, true, false, false]);
    expect([file, loop, brokenLink, missing].map((path) => statIfExists(path)?.size)).toEqual([
      4,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('is a folder or not', () => {
    expect([folder, file, missing, belowFile].map(isDirectory)).toEqual([true, false, false, false]);
  });
});

describe('a small file', () => {
  it('is read, or undefined if missing', () => {
    expect(readIfExists(file)).toEqual(Buffer.from('text'));
    expect(readTextIfExists(file)).toBe('text');
    expect(readIfExists(missing)).toBeUndefined();
    expect(readTextIfExists(brokenLink)).toBeUndefined();
    for (const path of [belowFile, folder])
      expect(() => readIfExists(path)).toThrow(expect.objectContaining({ name: 'FileSystemError' }));
  });

  it('is undefined as text if unreadable, when failures do not matter', () => {
    expect([file, missing, folder, belowFile].map(tryReadText)).toEqual([
      'text',
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('removing a file', () => {
  it('ignores a missing one', async () => {
    removeIfExists(missing);
    await removeLargeIfExists(missing);
    removeIfExists(brokenLink);
    await removeLargeIfExists(file);
    expect(await readdir(sandbox.dir)).not.toContain('file');
    expect(await readdir(sandbox.dir)).not.toContain('link');
  });

  it("throws the system's error, unless it is only tried", async () => {
    expect(() => removeIfExists(belowFile)).toThrow(expect.objectContaining({ code: 'ENOTDIR' }));
    await expect(removeLargeIfExists(belowFile)).rejects.toMatchObject({ code: 'ENOTDIR' });
    tryRemove(belowFile);
    tryRemove(folder);
    tryRemove(file);
    expect(await readdir(sandbox.dir)).toEqual(['folder', 'home', 'link']);
  });
});

describe('creating a folder', () => {
  it('creates its parents with the same permissions', async () => {
    makeDir(sandbox.path('a/b/c'), 0o700);
    makeDir(sandbox.path('a/b/c'), 0o700);
    for (const name of ['a', 'a/b', 'a/b/c'])
      expect((await stat(sandbox.path(name))).mode & 0o777).toBe(0o700);
  });

  it("throws the system's error", () => {
    expect(() => makeDir(belowFile)).toThrow(expect.objectContaining({ code: 'ENOTDIR' }));
  });

  it
    .runIf(process.platform === 'linux')
    .each([
      '/proc/civitdl',
      '/proc/civitdl/deep/er',
      '/proc/self/civitdl/deep',
      '/sys/civitdl/deep',
      '/dev/null/deep',
      '/proc/self/fd/civitdl/deep',
    ])('ends with an error where none can be created: %s', (path) => {
    expect(() => makeDir(path)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(ENOENT|EPERM|EACCES|ENOTDIR|EROFS)$/) }),
    );
  });

  it('follows a link to a folder, but not one that leads nowhere', async () => {
    await symlink(folder, sandbox.path('good'));
    makeDir(sandbox.path('good/new'));
    expect((await stat(sandbox.path('folder/new'))).isDirectory()).toBe(true);
    await symlink(sandbox.path('nowhere'), sandbox.path('bad'));
    for (const path of ['bad', 'bad/new'])
      expect(() => makeDir(sandbox.path(path))).toThrow(
        expect.objectContaining({ errno: expect.any(Number) }),
      );
  });
});

describe('creating a file', () => {
  it('creates its folder only after a failure, and tries once more', async () => {
    const path = sandbox.path('new/deep/file');
    let tries = 0;
    const make = async () => {
      tries++;
      await mkdir(path).catch((error: unknown) => {
        throw toFileSystemError(error, path, 'create');
      });
      return 'made';
    };
    expect(await withParentDir(path, make, 0o700)).toBe('made');
    expect(tries).toBe(2);
    expect((await stat(sandbox.path('new/deep'))).mode & 0o777).toBe(0o700);
  });

  it('passes other failures on', async () => {
    const failure = new Error('no');
    await expect(withParentDir(missing, () => Promise.reject(failure))).rejects.toBe(failure);
    const createExisting = () => mkdir(folder).then(() => {});
    await expect(withParentDir(folder, createExisting)).rejects.toMatchObject({ code: 'EEXIST' });
  });
});

describe('new folders', () => {
  it('are those that are missing, the deepest first', () => {
    expect(missingDirs(sandbox.path('missing/a/b'))).toEqual(
      ['missing/a/b', 'missing/a', 'missing'].map((name) => sandbox.path(name)),
    );
    expect(missingDirs(folder)).toEqual([]);
  });

  it('are removed up to one that is not empty', async () => {
    const dirs = missingDirs(sandbox.path('folder/a/b/c'));
    makeDir(sandbox.path('folder/a/b/c'));
    await sandbox.write('folder/a/file', '');
    removeEmptyDirs(dirs);
    expect(await readdir(sandbox.path('folder/a'))).toEqual(['file']);
    removeEmptyDirs([missing]);
  });
});
