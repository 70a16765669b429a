import { randomBytes } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileFailure } from './file-failure.js';
import { inFolder, removeFile } from './in-folder.js';

export interface AtomicWriteOptions {
  /** Permissions of the file. */
  readonly mode?: number;
  /** Permissions of folders that have to be made. */
  readonly directoryMode?: number;
  /** Whether it has to outlast a power loss from now on; what is easily written anew need not. */
  readonly durable?: boolean;
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
  const { mode = 0o666, directoryMode = 0o777, durable = true } = options;
  const directory = dirname(path);
  // A short name of its own: the target's, with something appended, could be too long.
  const temporary = join(directory, `.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = await inFolder(temporary, () => open(temporary, 'wx', mode), directoryMode);
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
