import { copyFile, rename, stat, utimes, writeFile } from 'node:fs/promises';

/** Replaces a file by another one with other bytes, of the same size and modification time. */
export async function swapBytes(path: string): Promise<void> {
  const { size, atime, mtime } = await stat(path);
  await writeFile(`${path}.new`, Buffer.alloc(size, 'other'));
  await utimes(`${path}.new`, atime, mtime);
  await rename(`${path}.new`, path);
}

/** Replaces a file by a copy of it. */
export async function renewFile(path: string): Promise<void> {
  await copyFile(path, `${path}.new`);
  await rename(`${path}.new`, path);
}

/** Whether two paths are the same file. */
export async function isOneFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([stat(one), stat(other)]);
  return a.ino === b.ino && a.dev === b.dev;
}
