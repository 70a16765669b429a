import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileFailure } from './file-failure.js';
import { makeFolder } from './make-folder.js';
import { temporaryBeside } from './temporary-path.js';

export interface AtomicWriteOptions {
  /** Permissions of the file. */
  readonly mode?: number;
  /** Permissions of folders that have to be made. */
  readonly directoryMode?: number;
  /** Whether a missing folder is a failure. */
  readonly inFolder?: boolean;
  /** Path of what keeps others from writing it at the same time: then what a killed process has left of it goes. */
  readonly lock?: string;
}

/**
 * Writes a file so that its path holds either what was there before or the whole of the new content, also after a
 * power loss: it is written beside the path, flushed and renamed. Missing folders are made.
 * @throws FileSystemError
 */
export async function writeAtomic(
  path: string,
  content: string | Uint8Array,
  options: AtomicWriteOptions = {},
): Promise<void> {
  const { mode = 0o666, directoryMode = 0o777, inFolder = false, lock } = options;
  const directory = dirname(path);
  const temporary = temporaryBeside(path, lock);
  try {
    if (!inFolder) await makeFolder(directory, directoryMode);
    if (lock !== undefined) await rm(temporary, { force: true });
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw fileFailure(error, path, 'write');
  }
}
