import { dirname } from 'node:path';
import { toFileSystemError } from './errors.js';
import { makeDir } from './files.js';
import type { Lock } from './lock.js';

/** A lock for several things that are done at once: the first of them takes it, the last one gives it back. */
export class SharedLock {
  readonly path: string;
  readonly #lock: Lock;
  readonly #signal: AbortSignal;
  #users = 0;
  #held: Promise<() => Promise<void>> | undefined;

  constructor(path: string, lock: Lock, signal: AbortSignal) {
    this.path = path;
    this.#lock = lock;
    this.#signal = signal;
  }

  /**
   * Does something while nobody else holds the lock, who is waited for as long as it takes. Missing folders are made.
   * @throws FileSystemError, the signal's reason, or what the action throws
   */
  async use<T>(action: () => Promise<T>): Promise<T> {
    this.#users++;
    this.#held ??= this.#take();
    const held = this.#held;
    try {
      await held;
      return await action();
    } finally {
      if (--this.#users === 0) {
        this.#held = undefined;
        await held.then(
          (release) => release(),
          () => {},
        );
      }
    }
  }

  async #take(): Promise<() => Promise<void>> {
    try {
      makeDir(dirname(this.path));
    } catch (error) {
      throw toFileSystemError(error, this.path, 'create');
    }
    return this.#lock(this.path, { signal: this.#signal, timeoutMs: Number.POSITIVE_INFINITY });
  }
}
