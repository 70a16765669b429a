import { writeAtomic } from '../disk/atomic-write.js';
import { toFileSystemError } from '../disk/errors.js';
import { makeDir } from '../disk/files.js';

/** Only the owner may access settings and sorters: they contain a key, and code that runs. */
const PRIVATE_FILE_MODE = 0o600;
export const PRIVATE_DIR_MODE = 0o700;

/** Replaces a file as a whole, and creates missing folders. */
export async function writePrivateFile(
  path: string,
  content: string | Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  await writeAtomic(path, content, { mode: PRIVATE_FILE_MODE, directoryMode: PRIVATE_DIR_MODE, signal });
}

export function makePrivateDir(path: string): void {
  try {
    makeDir(path, PRIVATE_DIR_MODE);
  } catch (error) {
    throw toFileSystemError(error, path, 'create');
  }
}
