import { closeSync, fsync, openSync, renameSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { toFileSystemError } from './errors.js';
import { tryRemove, withParentDir } from './files.js';
import { temporaryPath } from './paths.js';

const flush = promisify(fsync);

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
 * Writes a small file so that its path holds either what was there before or the whole of the new content, where it is durable
 * also after a power loss: it is written beside the path, flushed and renamed. Missing folders are made.
 * @throws FileSystemError
 */
export async function writeAtomic(
  path: string,
  content: string | Uint8Array,
  options: AtomicWriteOptions = {},
): Promise<void> {
  const { mode = 0o666, directoryMode = 0o777, needsFolder = false, durable = true, lock } = options;
  const temporary = temporaryPath(path, lock);
  try {
    const flags = lock === undefined ? 'wx' : 'w';
    const make = () => openSync(temporary, flags, mode);
    const file = needsFolder ? make() : await withParentDir(temporary, make, directoryMode);
    try {
      writeFileSync(file, content);
      // Only this waits for the disk.
      if (durable) await flush(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    tryRemove(temporary);
    throw toFileSystemError(error, path, 'write');
  }
}
