import { readFile, rm } from 'node:fs/promises';
import { writeAtomic } from '../disk/atomic-write.js';
import { toFileSystemError } from '../disk/errors.js';

/**
 * Copies a sorter's file to where only its owner can change it; missing folders are made.
 * @throws FileSystemError
 */
export async function copySorterFile(source: string, target: string): Promise<void> {
  const content = await readFile(source).catch((error: unknown) => {
    throw toFileSystemError(error, source, 'read');
  });
  await writeAtomic(target, content, { mode: 0o600, directoryMode: 0o700 });
}

/**
 * Removes the copy of a sorter's file; one that is gone already is no error.
 * @throws FileSystemError
 */
export async function removeSorterFile(path: string): Promise<void> {
  await rm(path, { force: true }).catch((error: unknown) => {
    throw toFileSystemError(error, path, 'delete');
  });
}
