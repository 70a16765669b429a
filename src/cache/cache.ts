import type { Lock } from '../disk/lock.js';
import { isWriteDenied } from '../disk/write-access.js';
import { type CivitdlError, FileSystemError } from '../errors.js';
import type { CachedFile, CacheKey } from './entry.js';
import { type CorruptLines, FileIndex } from './file-index.js';

/** Remembers where files are stored. It only saves work, so a failure is only a warning. */
export interface Cache {
  find(wanted: CacheKey): Promise<readonly CachedFile[]>;
  /** Reads the whole index once: only for a name that another file may have. */
  findByPath(path: string): Promise<CachedFile | undefined>;
  put(file: CachedFile): Promise<void>;
  remove(file: CachedFile, why: string): Promise<void>;
}

export interface CacheOptions {
  /** Absolute path, which need not exist. */
  readonly folder: string;
  readonly lock: Lock;
  readonly now: () => number;
  readonly warn: (error: CivitdlError) => void;
  /** Whether to warn at once if nothing can be added; true by default. */
  readonly willAdd?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Called with lines for `--verbose`. */
  readonly trace?: ((line: string) => void) | undefined;
}

export function openCache({ folder, lock, now, warn, willAdd = true, signal, trace }: CacheOptions): Cache {
  let hasWarned = false;
  const onCorrupt = (found: CorruptLines) => warn(corruptIndexError(found));
  const index = new FileIndex(folder, { lock, now, signal, onCorrupt });
  let all: Promise<ReadonlyMap<string, CachedFile>> | undefined;

  async function attempt<T>(action: Promise<T>, otherwise: T): Promise<T> {
    try {
      return await action;
    } catch (error) {
      if (!(error instanceof FileSystemError)) throw error;
      warnOnce(error);
      return otherwise;
    }
  }

  function warnOnce(error: FileSystemError): void {
    if (!hasWarned) warn(unavailableError(error));
    hasWarned = true;
  }

  const problem = willAdd ? index.findWriteProblem() : undefined;
  if (problem) warnOnce(problem);

  return {
    findByPath: async (path) => {
      all ??= attempt(index.all(), new Map());
      return (await all).get(path);
    },
    find: (wanted) => attempt(index.find(wanted), []),
    put: (file) => {
      all = undefined;
      return attempt(index.put(file), undefined);
    },
    remove: async (file, why) => {
      trace?.(`cache: ${file.path} ${why}; removed from the index`);
      all = undefined;
      await attempt(index.remove(file), undefined);
    },
  };
}

function unavailableError(cause: FileSystemError): FileSystemError {
  const message = `The index of downloaded files is unavailable. ${cause.message}${cacheAdvice(cause)}`;
  return new FileSystemError(cause.code, message, { cause });
}

/** Returns what to do if the folder of the cache cannot be written, as the end of a message. */
export function cacheAdvice(cause: FileSystemError): string {
  return isWriteDenied(cause)
    ? ' Set CIVITDL_CACHE_DIR to a folder that you can write, or pass --no-cache.'
    : '';
}

/** @param index its name at the start of a sentence */
export function corruptIndexError(
  { path, lines, kept }: CorruptLines,
  index = 'The index of downloaded files',
): FileSystemError {
  const what = `${lines} corrupt ${lines === 1 ? 'line' : 'lines'}`;
  return new FileSystemError(
    'file-system',
    `${index} had ${what} in ${path}. They were dropped; the old file is kept as ${kept}.`,
  );
}
