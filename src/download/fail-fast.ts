import { existsSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { errnoCode } from '../disk/errors.js';
import { type CivitdlError, FileSystemError, RateLimitError } from '../errors.js';

/** Ends a run for a reason that every further item would meet, too: nothing new is begun, what is under way goes on. */
export class FailFast {
  readonly #controller = new AbortController();
  readonly #onHalt: (error: CivitdlError) => void;
  readonly #rootDir: string;

  /** @param onHalt told once */
  constructor(rootDir: string, onHalt: (error: CivitdlError) => void) {
    this.#rootDir = rootDir;
    this.#onHalt = onHalt;
  }

  /** Aborts with the error that ended the run. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Looks whether a failure is one that ends the run. */
  record(error: unknown): void {
    if (this.signal.aborted || !isForAll(error, this.#rootDir)) return;
    this.#controller.abort(error);
    this.#onHalt(error);
  }
}

/**
 * Whether what failed one item will fail the others: a full disk, a root directory that nothing may be put into, or an
 * account that may not download any more today.
 */
function isForAll(error: unknown, rootDir: string): error is CivitdlError {
  if (error instanceof RateLimitError) return error.code === 'daily-limit';
  if (!(error instanceof FileSystemError)) return false;
  if (error.code === 'not-permitted') return errnoCode(error.cause) === 'EROFS' || isInRoot(error, rootDir);
  // One file that is too large for its file system says nothing of others.
  const isFull = error.code === 'no-space' && errnoCode(error.cause) !== 'EFBIG';
  return isFull || error.code === 'too-little-space';
}

/** Whether what could not be made would have been the first thing below the root directory, or the root directory itself. */
function isInRoot({ cause }: FileSystemError, rootDir: string): boolean {
  let path = cause instanceof Error && 'path' in cause ? String(cause.path) : undefined;
  while (path !== undefined && !existsSync(path) && path !== dirname(path)) path = dirname(path);
  return path !== undefined && (path === rootDir || rootDir.startsWith(`${path}${sep}`));
}
