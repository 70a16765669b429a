import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { beforeEach, expect } from 'vitest';
import { writeAtomic } from '../../src/disk/atomic-write.js';
import { temporaryPath } from '../../src/disk/paths.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';

let path: string;
beforeEach(() => {
  path = sandbox.path('new/folder/file');
});

const mode = async (of: string) => (await stat(of)).mode & 0o777;

it('replaces the content, and leaves no other file', async () => {
  for (const content of ['old', new TextEncoder().encode('new'), '']) {
    await writeAtomic(path, content);
    expect(await readFile(path)).toEqual(Buffer.from(content));
  }
  expect(await readdir(dirname(path))).toEqual(['file']);
});

it('gives permissions to new files and folders', async () => {
  await writeAtomic(path, 'secret', { mode: 0o600, directoryMode: 0o700 });
  expect([await mode(path), await mode(dirname(path))]).toEqual([0o600, 0o700]);
});

it('does not create a folder that is needed', async () => {
  await expect(writeAtomic(path, 'text', { needsFolder: true })).rejects.toMatchObject({
    message: `Cannot write ${path}: file or folder not found.`,
  });
  expect(await readdir(sandbox.dir)).toEqual(['home']);
});

it('overwrites what a killed process left, while holding a lock', async () => {
  const lock = sandbox.path('lock');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(temporaryPath(path, lock), 'half of a long text');
  await writeAtomic(path, 'whole', { lock, durable: false });
  expect(await readFile(path, 'utf8')).toBe('whole');
  expect(await readdir(dirname(path))).toEqual(['file']);
});

it('keeps the old content when it fails', async () => {
  await mkdir(path, { recursive: true });
  await expect(writeAtomic(path, 'text')).rejects.toMatchObject({
    name: 'FileSystemError',
    message: `Cannot write ${path}: it is a folder.`,
  });
  expect(await readdir(dirname(path))).toEqual(['file']);
});
