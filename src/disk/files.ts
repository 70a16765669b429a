import { unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoCode } from './errors.js';
import { makeDir } from './make-folder.js';

/**
 * Makes a file, and its folders only where they turn out to be missing: most files come into a folder that is there.
 * @param mode permissions of folders that have to be made
 * @throws what `make` throws, or the system's error
 */
export async function withParentDir<T>(path: string, make: () => T | Promise<T>, mode = 0o777): Promise<T> {
  try {
    return await make();
  } catch (error) {
    const code = errnoCode(error) ?? (error instanceof Error ? errnoCode(error.cause) : undefined);
    if (code !== 'ENOENT') throw error;
  }
  makeDir(dirname(path), mode);
  return make();
}

/**
 * Removes a small file, if it is there.
 * @throws the system's error
 */
export function removeIfExists(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
  }
}

/** The same, whatever is in the way. */
export function tryRemove(path: string): void {
  try {
    removeIfExists(path);
  } catch {
    // It is in nobody's way.
  }
}
