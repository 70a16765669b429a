import { dirname } from 'node:path';
import { toFileSystemError } from './errors.js';
import { makeDir } from './files.js';
import type { Lock, Release } from './lock.js';

/** A lock for concurrent actions of one process: the first one takes it, the last one releases it. */
export class SharedLock {
  readonly path: string;
  readonly #lock: Lock;
  readonly #signal: AbortSignal;
  #users = 0;
  #held: Promise<Release> | undefined;

  constructor(path: string, lock: Lock, signal: AbortSignal) {
    this.path = path;
    this.#lock = lock;
    this.#signal = signal;
  }

  /** Runs an action with the lock. Creates missing folders. @throws FileSystemError, or as the action */
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

  async #take(): Promise<Release> {
    try {
      makeDir(dirname(this.path));
    } catch (error) {
      throw toFileSystemError(error, this.path, 'create');
    }
    return this.#lock(this.path, { signal: this.#signal, timeoutMs: Number.POSITIVE_INFINITY });
  }
}
