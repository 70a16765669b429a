import { Worker } from 'node:worker_threads';
import { isBusy, retryWhileBusy } from '../busy.js';
import { FileHasher } from './file-hasher.js';
import type { FollowerCommand, FollowerResult, FollowerTask } from './hash-follower.worker.js';

/** Computes the checksum of a file while it is being written. */
export interface HashFollower {
  /** Called when the first `prefixEnd` bytes are written. @throws the system's error */
  advance(prefixEnd: number): void;
  /** Called after a block was written. @throws the system's error */
  append(block: Uint8Array, position: number, prefixEnd: number): void;
  reset(): void;
  /** Returns the checksum of the whole file in lower-case hex. @throws the system's error */
  finish(size: number, signal?: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

/** Hashing these takes less time than starting a thread. */
const INLINE_MAX_BYTES = 16 * 1024 * 1024;
const INLINE_READ_BYTES = 1024 * 1024;
const REPORT_INTERVAL_BYTES = 2 * 1024 * 1024;

export function createHashFollower(task: FollowerTask, size: number | undefined): HashFollower {
  return size !== undefined && size <= INLINE_MAX_BYTES ? new InlineFollower(task) : new WorkerFollower(task);
}

/** Works in this thread, from memory as long as the blocks are in order. */
class InlineFollower implements HashFollower {
  readonly #path: string;
  readonly #hasher: FileHasher;

  constructor({ path, algorithm, start }: FollowerTask) {
    this.#path = path;
    this.#hasher = new FileHasher(path, algorithm, INLINE_READ_BYTES, start);
  }

  advance(prefixEnd: number): void {
    try {
      this.#hasher.advance(prefixEnd);
    } catch (error) {
      // There is more time at the end.
      if (!isBusy(error, this.#path)) throw error;
    }
  }

  append(block: Uint8Array, position: number, prefixEnd: number): void {
    if (!this.#hasher.take(block, position)) this.advance(prefixEnd);
  }

  reset(): void {
    this.#hasher.reset();
  }

  async finish(size: number, signal?: AbortSignal): Promise<string> {
    signal?.throwIfAborted();
    return retryWhileBusy(this.#path, () => this.#hasher.end(size), { signal });
  }

  async close(): Promise<void> {
    this.#hasher.close();
  }
}

/** Works in another thread, to not slow down the transfer. */
class WorkerFollower implements HashFollower {
  readonly #worker: Worker;
  readonly #failed: Promise<never>;
  #reported = 0;

  constructor(task: FollowerTask) {
    this.#worker = new Worker(new URL('./hash-follower.worker.js', import.meta.url), {
      workerData: task,
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
    });
    this.#worker.unref();
    this.#failed = new Promise((_resolve, reject) => this.#worker.once('error', reject));
    this.#failed.catch(() => {});
  }

  advance(prefixEnd: number): void {
    if (prefixEnd - this.#reported < REPORT_INTERVAL_BYTES) return;
    this.#reported = prefixEnd;
    this.#send({ type: 'advance', prefixEnd });
  }

  append(_block: Uint8Array, _position: number, prefixEnd: number): void {
    this.advance(prefixEnd);
  }

  reset(): void {
    this.#reported = 0;
    this.#send({ type: 'reset' });
  }

  async finish(size: number, signal?: AbortSignal): Promise<string> {
    signal?.throwIfAborted();
    this.#reported = 0;
    const result = new Promise<FollowerResult>((resolve, reject) => {
      this.#worker.once('message', resolve);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    this.#worker.ref();
    this.#send({ type: 'finish', size });
    const { digest } = await Promise.race([result, this.#failed]);
    this.#worker.unref();
    return digest;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #send(command: FollowerCommand): void {
    this.#worker.postMessage(command);
  }
}
