import { existsSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { errnoCode } from '../disk/errors.js';
import { type CivitdlError, FileSystemError, RateLimitError } from '../errors.js';
import { isKeyRefusal } from './api-key.js';

/** Some files are free for everyone, so a few refusals without a key say little about the next file. */
const MAX_KEY_REFUSALS = 3;

/** Stops a run after an error that would fail all further items: no item starts, those in progress continue. */
export class FailFast {
  readonly #controller = new AbortController();
  readonly #rootDir: string;
  readonly #onStop: (error: CivitdlError) => void;
  #keyRefusals = 0;

  constructor(rootDir: string, onStop: (error: CivitdlError) => void) {
    this.#rootDir = rootDir;
    this.#onStop = onStop;
  }

  /** Aborts with the error that stops the run. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  record(error: unknown): void {
    if (isKeyRefusal(error)) this.#keyRefusals++;
    if (this.signal.aborted || !this.#affectsAllItems(error)) return;
    this.#controller.abort(error);
    this.#onStop(error);
  }

  /** Must be called when the server has granted a download: then others can be granted, too. */
  recordGranted(): void {
    this.#keyRefusals = Number.NEGATIVE_INFINITY;
  }

  #affectsAllItems(error: unknown): error is CivitdlError {
    if (isKeyRefusal(error)) return this.#keyRefusals >= MAX_KEY_REFUSALS;
    return affectsAllItems(error, this.#rootDir);
  }
}

/** Whether the disk is full, the root directory is not writable, or the account has reached its daily limit. */
function affectsAllItems(error: unknown, rootDir: string): error is CivitdlError {
  if (error instanceof RateLimitError) return error.code === 'daily-limit';
  if (!(error instanceof FileSystemError)) return false;
  const errno = errnoCode(error.cause);
  if (error.code === 'not-permitted') return errno === 'EROFS' || isRootDenied(error, rootDir);
  return error.code === 'no-space' || error.code === 'too-little-space';
}

/** Whether the root directory, or a new folder or file directly in it, could not be created. */
function isRootDenied({ cause }: FileSystemError, rootDir: string): boolean {
  let path = cause instanceof Error && 'path' in cause ? String(cause.path) : undefined;
  while (path !== undefined && !existsSync(path) && path !== dirname(path)) path = dirname(path);
  return path !== undefined && (path === rootDir || rootDir.startsWith(`${path}${sep}`));
}
