import { unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoCode } from './file-failure.js';
import { makeFolder } from './make-folder.js';

/**
 * Makes a file, and its folders only where they turn out to be missing: most files come into a folder that is there.
 * @param mode permissions of folders that have to be made
 * @throws what `make` throws, or the system's error
 */
export async function inFolder<T>(path: string, make: () => Promise<T>, mode = 0o777): Promise<T> {
  try {
    return await make();
  } catch (error) {
    const code = errnoCode(error) ?? (error instanceof Error ? errnoCode(error.cause) : undefined);
    if (code !== 'ENOENT') throw error;
  }
  await makeFolder(dirname(path), mode);
  return make();
}

/**
 * Removes a file, if it is there.
 * @throws the system's error
 */
export async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (errnoCode(error) !== 'ENOENT') throw error;
  });
}
