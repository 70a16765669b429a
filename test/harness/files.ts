import { copyFile, rename, stat, utimes, writeFile } from 'node:fs/promises';

/** Puts other bytes of the same length and time under a path, as a file of its own. */
export async function swapBytes(path: string): Promise<void> {
  const { size, atime, mtime } = await stat(path);
  await writeFile(`${path}.new`, Buffer.alloc(size, 'other'));
  await utimes(`${path}.new`, atime, mtime);
  await rename(`${path}.new`, path);
}

/** Puts the same bytes under a path, as a file of its own. */
export async function renewFile(path: string): Promise<void> {
  await copyFile(path, `${path}.new`);
  await rename(`${path}.new`, path);
}

/** Whether two paths are one file. */
export async function isOneFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([stat(one), stat(other)]);
  return a.ino === b.ino && a.dev === b.dev;
}
