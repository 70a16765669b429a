import { Worker } from 'node:worker_threads';
import { GrowingChecksum } from './file-hasher.js';
import type { ChecksumAnswer, ChecksumCommand, ChecksumTask } from './hash-follower.worker.js';

/** Checksum of a file while it is written. */
export interface FrontChecksum {
  /** That many bytes from the beginning on are written. */
  advance(front: number): void;
  /** The same after one more block, which has the bytes from a position of the file on. */
  follow(block: Uint8Array, position: number, front: number): void;
  /** The file starts again from nothing. */
  reset(): void;
  /** The digest in lower-case hex, once all `size` bytes are read. Rejects with the signal's reason, or the system's error. */
  finish(size: number, signal?: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

/** A thread takes longer to start than so many bytes take to be hashed. */
const SMALL = 16 * 1024 * 1024;
/** Bytes between two words to the thread: it needs no more of them. */
const STRIDE = 2 * 1024 * 1024;
const LOCAL_STEP = 1024 * 1024;

/** @param size bytes of the whole file, if known */
export function createFrontChecksum(task: ChecksumTask, size: number | undefined): FrontChecksum {
  return size !== undefined && size <= SMALL ? new LocalChecksum(task) : new ThreadChecksum(task);
}

/** In this thread, step by step: from the blocks themselves as long as they come one after another. */
class LocalChecksum implements FrontChecksum {
  readonly #checksum: GrowingChecksum;

  constructor({ path, algorithm }: ChecksumTask) {
    this.#checksum = new GrowingChecksum(path, algorithm, LOCAL_STEP);
  }

  advance(front: number): void {
    this.#checksum.advance(front);
  }

  follow(block: Uint8Array, position: number, front: number): void {
    if (!this.#checksum.take(block, position)) this.#checksum.advance(front);
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
class ThreadChecksum implements FrontChecksum {
  readonly #worker: Worker;
  readonly #failed: Promise<never>;
  #told = 0;

  constructor(task: ChecksumTask) {
    this.#worker = new Worker(new URL('./hash-follower.worker.js', import.meta.url), {
      workerData: task,
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
    });
    this.#worker.unref();
    this.#failed = new Promise((_resolve, reject) => this.#worker.once('error', reject));
    this.#failed.catch(() => {});
  }

  advance(front: number): void {
    if (front - this.#told < STRIDE) return;
    this.#told = front;
    this.#tell({ type: 'front', front });
  }

  follow(_block: Uint8Array, _position: number, front: number): void {
    this.advance(front);
  }

  reset(): void {
    this.#told = 0;
    this.#tell({ type: 'reset' });
  }

  async finish(size: number, signal?: AbortSignal): Promise<string> {
    signal?.throwIfAborted();
    this.#told = 0;
    const answered = new Promise<ChecksumAnswer>((resolve, reject) => {
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

  #tell(command: ChecksumCommand): void {
    this.#worker.postMessage(command);
  }
}
