import { Worker } from 'node:worker_threads';
import { FileHasher } from './file-hasher.js';
import type { FollowerCommand, FollowerResult, FollowerTask } from './hash-follower.worker.js';

/** Checksum of a file while it is written. */
export interface HashFollower {
  /** That many bytes from the beginning on are written. */
  advance(prefixEnd: number): void;
  /** The same after one more block, which has the bytes from a position of the file on. */
  append(block: Uint8Array, position: number, prefixEnd: number): void;
  /** The file starts again from nothing. */
  reset(): void;
  /** The digest in lower-case hex, once all `size` bytes are read. Rejects with the signal's reason, or the system's error. */
  finish(size: number, signal?: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

/** A thread takes longer to start than so many bytes take to be hashed. */
const INLINE_MAX = 16 * 1024 * 1024;
/** Bytes between two words to the thread: it needs no more of them. */
const MESSAGE_STEP = 2 * 1024 * 1024;
const LOCAL_STEP = 1024 * 1024;

/** @param size bytes of the whole file, if known */
export function createHashFollower(task: FollowerTask, size: number | undefined): HashFollower {
  return size !== undefined && size <= INLINE_MAX ? new InlineFollower(task) : new WorkerFollower(task);
}

/** In this thread, step by step: from the blocks themselves as long as they come one after another. */
class InlineFollower implements HashFollower {
  readonly #checksum: FileHasher;

  constructor({ path, algorithm }: FollowerTask) {
    this.#checksum = new FileHasher(path, algorithm, LOCAL_STEP);
  }

  advance(prefixEnd: number): void {
    this.#checksum.advance(prefixEnd);
  }

  append(block: Uint8Array, position: number, prefixEnd: number): void {
    if (!this.#checksum.take(block, position)) this.#checksum.advance(prefixEnd);
  }

  reset(): void {
    this.#checksum.reset();
  }

  async finish(size: number, signal?: AbortSignal): Promise<string> {
    signal?.throwIfAborted();
    return this.#checksum.end(size);
  }

  async close(): Promise<void> {
    this.#checksum.close();
  }
}

/** In a thread of its own, so that the checksum does not keep the receiving waiting. */
class WorkerFollower implements HashFollower {
  readonly #worker: Worker;
  readonly #failed: Promise<never>;
  #told = 0;

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
    if (prefixEnd - this.#told < MESSAGE_STEP) return;
    this.#told = prefixEnd;
    this.#tell({ type: 'front', prefixEnd });
  }

  append(_block: Uint8Array, _position: number, prefixEnd: number): void {
    this.advance(prefixEnd);
  }

  reset(): void {
    this.#told = 0;
    this.#tell({ type: 'reset' });
  }

  async finish(size: number, signal?: AbortSignal): Promise<string> {
    signal?.throwIfAborted();
    this.#told = 0;
    const answered = new Promise<FollowerResult>((resolve, reject) => {
      this.#worker.once('message', resolve);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    this.#worker.ref();
    this.#tell({ type: 'end', size });
    const { digest } = await Promise.race([answered, this.#failed]);
    this.#worker.unref();
    return digest;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #tell(command: FollowerCommand): void {
    this.#worker.postMessage(command);
  }
}
