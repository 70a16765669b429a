import { closeSync, fsync, openSync, renameSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { type BusyOptions, retryWhileBusy } from './busy.js';
import { toFileSystemError } from './errors.js';
import { tryRemove, withParentDir } from './files.js';
import { tryFlush } from './flush.js';
import { temporaryPath } from './paths.js';
import { assertSameFile, createFile } from './plain-file.js';

const flush = promisify(fsync);

export interface AtomicWriteOptions extends BusyOptions {
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
  try {
    await retryWhileBusy(path, () => writeOnce(path, content, options), options);
  } catch (error) {
    throw toFileSystemError(error, path, 'write');
  }
}

async function writeOnce(
  path: string,
  content: string | Uint8Array,
  { mode = 0o666, directoryMode = 0o777, needsFolder = false, durable = true, lock }: AtomicWriteOptions,
): Promise<void> {
  const temporary = temporaryPath(path, lock);
  const create = () => (lock === undefined ? openSync(temporary, 'wx', mode) : createFile(temporary, mode));
  try {
    const file = needsFolder ? create() : await withParentDir(temporary, create, directoryMode);
    try {
      writeFileSync(file, content);
      // The only step that waits for the disk.
      if (durable) await tryFlush(flush(file));
      assertSameFile(file, temporary);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    tryRemove(temporary);
    throw error;
  }
}
