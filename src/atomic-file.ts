import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileFailure } from './file-failure.js';

export interface AtomicWriteOptions {
  /** Permissions of the file. */
  readonly mode?: number;
  /** Permissions of folders that have to be made. */
  readonly directoryMode?: number;
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
  const { mode = 0o666, directoryMode = 0o777 } = options;
  const directory = dirname(path);
  // A short name of its own: the target's, with something appended, could be too long.
  const temporary = join(directory, `.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await mkdir(directory, { recursive: true, mode: directoryMode });
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
