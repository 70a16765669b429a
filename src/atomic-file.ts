import { open, rename } from 'node:fs/promises';
import { fileFailure } from './file-failure.js';
import { inFolder, removeFile } from './in-folder.js';
import { temporaryBeside } from './temporary-path.js';

export interface AtomicWriteOptions {
  /** Permissions of the file. */
  readonly mode?: number;
  /** Permissions of folders that have to be made. */
  readonly directoryMode?: number;
  /** Whether a missing folder is a failure. */
  readonly needsFolder?: boolean;
  /** Whether it has to outlast a power loss from now on; what is easily written anew need not. */
  readonly durable?: boolean;
  /** Path of what keeps others from writing it at the same time: then what a killed process has left of it goes. */
  readonly lock?: string;
}

/**
 * Writes a file so that its path holds either what was there before or the whole of the new content, where it is durable
 * also after a power loss: it is written beside the path, flushed and renamed. Missing folders are made.
 * @throws FileSystemError
 */
export async function writeAtomic(
  path: string,
  content: string | Uint8Array,
  options: AtomicWriteOptions = {},
): Promise<void> {
  const { mode = 0o666, directoryMode = 0o777, needsFolder = false, durable = true, lock } = options;
  const temporary = temporaryBeside(path, lock);
  try {
    const flags = lock === undefined ? 'wx' : 'w';
    const make = () => open(temporary, flags, mode);
    const file = await (needsFolder ? make() : inFolder(temporary, make, directoryMode));
    try {
      await file.writeFile(content);
      if (durable) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await removeFile(temporary).catch(() => {});
    throw fileFailure(error, path, 'write');
  }
}
