import { type CivitdlError, FileSystemError, RateLimitError } from './errors.js';
import { errnoCode } from './file-failure.js';

/** Ends a run for a reason that every further item would meet, too: nothing new is begun, what is under way goes on. */
export class Halt {
  readonly #controller = new AbortController();
  readonly #onHalt: (error: CivitdlError) => void;

  /** @param onHalt told once */
  constructor(onHalt: (error: CivitdlError) => void) {
    this.#onHalt = onHalt;
  }

  /** Aborts with the error that ended the run. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Looks whether a failure is one that ends the run. */
  judge(error: unknown): void {
    if (this.signal.aborted || !isForAll(error)) return;
    this.#controller.abort(error);
    this.#onHalt(error);
  }
}

/** Whether what failed one item will fail the others: a full disk, or an account that may not download any more today. */
function isForAll(error: unknown): error is CivitdlError {
  if (error instanceof RateLimitError) return error.code === 'daily-limit';
  if (!(error instanceof FileSystemError)) return false;
  // One file that is too large for its file system says nothing of others.
  const isFull = error.code === 'no-space' && errnoCode(error.cause) !== 'EFBIG';
  return isFull || error.code === 'too-little-space';
}
