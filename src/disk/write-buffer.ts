import { BackgroundTask } from './background-task.js';

const MAX_MEMORY_BYTES = 12 * 1024 * 1024;
/** One fills, one waits, one is written. */
const BUFFERS_PER_CONNECTION = 3;
/** Larger writes are not faster; smaller ones cost more than receiving their bytes. */
const MAX_BUFFER_BYTES = 1024 * 1024;
const MIN_BUFFER_BYTES = 128 * 1024;

/** Returns the size of the buffers for a number of connections. */
export function bufferSize(connections: number): number {
  const share = MAX_MEMORY_BYTES / (BUFFERS_PER_CONNECTION * connections);
  return Math.max(MIN_BUFFER_BYTES, Math.min(MAX_BUFFER_BYTES, 2 ** Math.floor(Math.log2(share))));
}

/** Reuses buffers of one size: new ones would pile up until the next garbage collection. */
export class BufferPool {
  readonly size: number;
  readonly #free: Buffer[] = [];

  constructor(size: number) {
    this.size = size;
  }

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.size);
  }

  give(buffer: Buffer): void {
    this.#free.push(buffer);
  }
}

/** Writes a block, whose memory is reused when the promise settles. */
export type WriteAt = (block: Buffer, position: number) => Promise<void>;

/** Gathers chunks into large blocks, since writes are expensive. One is written while the next one fills. */
export class WriteBuffer {
  readonly #write: WriteAt;
  readonly #pool: BufferPool;
  readonly #writing = new BackgroundTask();
  #buffer: Buffer | undefined;
  #filled = 0;
  readonly #queue: { readonly buffer: Buffer; readonly length: number }[] = [];
  #position: number;

  /** @param position of the first chunk in the file */
  constructor(write: WriteAt, position: number, pool: BufferPool) {
    this.#write = write;
    this.#position = position;
    this.#pool = pool;
  }

  /** Bytes in the block that is not full yet. */
  get waiting(): number {
    return this.#filled;
  }

  /** Copies a chunk. The caller waits for the promise, if any, which rejects if this or an earlier write fails. */
  add(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#writing.failure) return Promise.reject(this.#writing.failure.error);
    for (let rest = chunk; rest.length > 0; ) {
      const part = rest.subarray(0, this.#pool.size - this.#filled);
      this.#buffer ??= this.#pool.take();
      this.#buffer.set(part, this.#filled);
      this.#filled += part.length;
      rest = rest.subarray(part.length);
      if (this.#filled === this.#pool.size) this.#endBlock();
    }
    return this.#queue.length > 0 ? this.#emptyQueue() : undefined;
  }

  /** Starts to write an incomplete block, unless a write is in progress. Regular calls limit the loss of a crash. */
  flushSoon(): void {
    if (this.#writing.isIdle) this.#endBlock();
  }

  /** Writes everything that was added. */
  async flush(): Promise<void> {
    if (this.#queue.length > 0) await this.#emptyQueue();
    this.#endBlock();
    await this.#emptyQueue();
    await this.#writing.settled();
    this.#writing.throwIfFailed();
  }

  #endBlock(): void {
    if (!this.#buffer) return;
    this.#queue.push({ buffer: this.#buffer, length: this.#filled });
    this.#buffer = undefined;
    this.#filled = 0;
    this.#startWrite();
  }

  async #emptyQueue(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#writing.settled();
      this.#writing.throwIfFailed();
    }
  }

  #startWrite(): void {
    const next = this.#writing.isIdle ? this.#queue.shift() : undefined;
    if (!next) return;
    const { buffer, length } = next;
    const written = this.#write(buffer.subarray(0, length), this.#position);
    this.#position += length;
    this.#writing.start(written.finally(() => this.#pool.give(buffer)));
    void this.#writing.settled().then(() => this.#startWrite());
  }
}
