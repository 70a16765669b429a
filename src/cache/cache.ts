import type { Lock } from '../disk/lock.js';
import { type CivitdlError, FileSystemError } from '../errors.js';
import type { CachedFile, CacheKey } from './entry.js';
import { type CorruptLines, FileIndex } from './file-index.js';

/**
 * Remembers where files are. It only saves work, so nothing that is wrong with it fails a download: no method throws,
 * and what could not be read or written is told once.
 */
export interface Cache {
  find(key: CacheKey): Promise<readonly CachedFile[]>;
  put(file: CachedFile): Promise<void>;
  /** Forgets what is not so any more. */
  remove(file: CachedFile, why: string): Promise<void>;
}

export interface CacheOptions {
  /** Absolute path, which need not be there. */
  readonly folder: string;
  readonly lock: Lock;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told once of each thing that is wrong with it. */
  readonly warn: (error: CivitdlError) => void;
  /** Told of decisions. */
  readonly trace?: ((line: string) => void) | undefined;
}

export function openCache({ folder, lock, now, warn, trace = () => {} }: CacheOptions): Cache {
  let hasWarned = false;
  const index = new FileIndex(folder, { lock, now, onCorrupt: (broken) => warn(corruptIndexError(broken)) });

  async function attempt<T>(action: Promise<T>, otherwise: T): Promise<T> {
    try {
      return await action;
    } catch (error) {
      if (!(error instanceof FileSystemError)) throw error;
      if (!hasWarned)
        warn(new FileSystemError(error.code, `${WITHOUT_CACHE} ${error.message}`, { cause: error }));
      hasWarned = true;
      return otherwise;
    }
  }

  return {
    find: (key) => attempt(index.find(key), []),
    put: (file) => attempt(index.put(file), undefined),
    remove: async (file, why) => {
      trace(`cache: ${file.path} ${why}; removed from the index`);
      await attempt(index.remove(file), undefined);
    },
  };
}

const WITHOUT_CACHE = 'The index of downloaded files is unavailable.';

/** What is said of lines that nobody can read. */
export function corruptIndexError({ path, lines, kept }: CorruptLines): FileSystemError {
  const what = `${lines} corrupt ${lines === 1 ? 'line' : 'lines'}`;
  return new FileSystemError(
    'file-system',
    `The index of downloaded files had ${what} in ${path}. They were dropped; the old file is kept as ${kept}.`,
  );
}
