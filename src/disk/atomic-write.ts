import { closeSync, fsync, openSync, renameSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { toFileSystemError } from './errors.js';
import { tryRemove, withParentDir } from './files.js';
import { temporaryPath } from './paths.js';

const flush = promisify(fsync);

export interface AtomicWriteOptions {
  readonly mode?: number;
  readonly directoryMode?: number;
  /** Whether a missing folder is an error instead of being created. */
  readonly needsFolder?: boolean;
  /** Whether the file must survive a power loss at once; true by default. */
  readonly durable?: boolean;
  /** Path of the lock that the caller holds, if any; with it, the file of a killed process is overwritten. */
  readonly lock?: string;
}

/** Writes a file so that its path has either the old or the whole new content at any time. @throws FileSystemError */
export async function writeAtomic(
  path: string,
  content: string | Uint8Array,
  options: AtomicWriteOptions = {},
): Promise<void> {
  const { mode = 0o666, directoryMode = 0o777, needsFolder = false, durable = true, lock } = options;
  const temporary = temporaryPath(path, lock);
  try {
    const flags = lock === undefined ? 'wx' : 'w';
    const create = () => openSync(temporary, flags, mode);
    const file = needsFolder ? create() : await withParentDir(temporary, create, directoryMode);
    try {
      writeFileSync(file, content);
      // The only step that waits for the disk.
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
