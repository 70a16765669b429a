import { closeSync, constants, fstatSync, openSync, readFileSync, writeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { readIfExists, tryReadText } from '../../src/disk/files.js';
import {
  assertSameFile,
  createFile,
  isPlainFile,
  isSameFile,
  notFileError,
  openPlainFile,
  readPlainText,
} from '../../src/disk/plain-file.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import { foreignKinds, putForeign } from '../harness/foreign-file.js';

const isWindows = process.platform === 'win32';

describe('a plain file', () => {
  it('is opened, read and written', async () => {
    const path = await sandbox.write('file', 'text');
    expect(isPlainFile(path)).toBe(true);
    expect(readPlainText(path)).toBe('text');
    const file = openPlainFile(path, constants.O_RDWR) ?? -1;
    expect(isSameFile(file, path)).toBe(true);
    writeSync(file, 'TE', 0);
    closeSync(file);
    expect(readPlainText(path)).toBe('TExt');
    expect(notFileError(path, 'read')).toBeUndefined();
  });

  it('may be missing', () => {
    const path = sandbox.path('none');
    expect(isPlainFile(path)).toBe(false);
    expect(openPlainFile(path, constants.O_RDONLY)).toBeUndefined();
    expect(readPlainText(path)).toBeUndefined();
    expect(notFileError(path, 'read')).toBeUndefined();
  });

  it('is another one after it was replaced', async () => {
    const path = await sandbox.write('file', 'text');
    const file = openSync(path, 'r');
    await sandbox.write('other', 'text');
    expect(isSameFile(file, sandbox.path('other'))).toBe(false);
    expect(isSameFile(file, sandbox.path('none'))).toBe(false);
    assertSameFile(file, path);
    // The rename of a missing file says what is wrong.
    assertSameFile(file, sandbox.path('none'));
    expect(() => assertSameFile(file, sandbox.path('other'))).toThrow(
      `Another program has replaced ${sandbox.path('other')}.`,
    );
    closeSync(file);
  });
});

describe.skipIf(isWindows).each(foreignKinds)('a %s', (kind) => {
  const put = () => putForeign(kind, sandbox.path('it'), sandbox.path('victim', 'file'));

  it('is not a plain file, and is not written', async () => {
    const victim = await put();
    const path = sandbox.path('it');
    expect(isPlainFile(path)).toBe(false);
    expect(openPlainFile(path, constants.O_RDWR)).toBeUndefined();
    expect(openPlainFile(path, constants.O_WRONLY | constants.O_APPEND)).toBeUndefined();
    // The bytes of a hard link are its own, too.
    if (kind !== 'hard link') expect(readPlainText(path)).toBeUndefined();
    expect(victim.isUntouched()).toBe(true);
  });

  it('is replaced by a new file, unless it is a folder', async () => {
    const victim = await put();
    const path = sandbox.path('it');
    if (kind === 'folder') {
      expect(() => createFile(path)).toThrow(expect.objectContaining({ errno: expect.any(Number) }));
      return;
    }
    const file = createFile(path, 0o600);
    expect(fstatSync(file).mode & 0o777).toBe(0o600);
    writeSync(file, 'new');
    closeSync(file);
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(victim.isUntouched()).toBe(true);
  });

  it('is not waited for by readers that follow links', async () => {
    await put();
    const path = sandbox.path('it');
    if (['link', 'hard link'].includes(kind)) expect(tryReadText(path)).toBe('a file of somebody else');
    else expect(tryReadText(path)).toBeUndefined();
    if (['link to a device', 'FIFO', 'socket', 'folder', 'link to a folder'].includes(kind))
      expect(() => readIfExists(path)).toThrow(expect.objectContaining({ name: 'FileSystemError' }));
  });

  it('has an error that says what it is', async () => {
    await put();
    const path = sandbox.path('it');
    const what =
      kind.includes('link') && kind !== 'hard link'
        ? 'a link'
        : kind === 'folder'
          ? 'a folder'
          : 'not a file';
    if (kind === 'hard link') expect(notFileError(path, 'read')).toBeUndefined();
    else expect(notFileError(path, 'read')?.message).toBe(`Cannot read ${path}: it is ${what}.`);
  });
});

describe('a new file', () => {
  it('replaces what a killed process left', async () => {
    const path = sandbox.path('file');
    await writeFile(path, 'half of a long text');
    const file = createFile(path);
    writeSync(file, 'whole');
    closeSync(file);
    expect(readPlainText(path)).toBe('whole');
  });
});
