/** Writes a block at a place of the file; the memory is free again when it settles. */
export type WriteAt = (block: Buffer, position: number) => Promise<void>;

/**
 * Gathers chunks to blocks, since a write costs more than receiving the 16 KiB of a TLS record. One write is under way
 * at a time while the next block fills: that takes three blocks of memory at most, however large the file.
 */
export class WriteBuffer {
  readonly #write: WriteAt;
  readonly #pool: BufferPool;
  #filling: Buffer | undefined;
  #filled = 0;
  /** What waits for the write under way. */
  readonly #waiting: { readonly block: Buffer; readonly length: number }[] = [];
  #position: number;
  #writing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** @param position of the first chunk in the file, in bytes */
  constructor(write: WriteAt, position: number, pool: BufferPool) {
    this.#write = write;
    this.#position = position;
    this.#pool = pool;
  }

  /** Bytes of the block that fills. */
  get waiting(): number {
    return this.#filled;
  }

  /**
   * Copies a chunk. A returned promise asks not to come with more before it settles; it, or the next call, rejects with
   * what a write failed with.
   */
  add(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#failure) return Promise.reject(this.#failure.error);
    for (let rest = chunk; rest.length > 0; ) {
      const part = rest.subarray(0, this.#pool.size - this.#filled);
      this.#filling ??= this.#pool.take();
      this.#filling.set(part, this.#filled);
      this.#filled += part.length;
      rest = rest.subarray(part.length);
      if (this.#filled === this.#pool.size) this.#close();
    }
    return this.#waiting.length > 0 ? this.#catchUp() : undefined;
  }

  /** Starts to write what waits, unless a write is under way: called now and then, so that little is lost by a crash. */
  flushSoon(): void {
    if (!this.#writing && !this.#failure) this.#close();
  }

  /** Writes the rest; afterwards all that was added is written. */
  async flush(): Promise<void> {
    if (this.#waiting.length > 0) await this.#catchUp();
    this.#close();
    await this.#catchUp();
    await this.#writing;
    if (this.#failure) throw this.#failure.error;
  }

  /** Ends the block that fills. */
  #close(): void {
    if (!this.#filling) return;
    this.#waiting.push({ block: this.#filling, length: this.#filled });
    this.#filling = undefined;
    this.#filled = 0;
    if (!this.#writing) this.#startWrite();
  }

  /** Settles when nothing waits any more. */
  async #catchUp(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#failure) await this.#writing;
    if (this.#failure) throw this.#failure.error;
  }

  #startWrite(): void {
    const next = this.#waiting.shift();
    if (!next || this.#failure) return;
    const position = this.#position;
    this.#position += next.length;
    this.#writing = this.#write(next.block.subarray(0, next.length), position)
      .catch((error: unknown) => {
        this.#failure = { error };
      })
      .finally(() => {
        this.#pool.give(next.block);
        this.#writing = undefined;
        this.#startWrite();
      });
  }
}

/** Bytes that all blocks of a run may take together. */
const MAX_MEMORY = 12 * 1024 * 1024;

/** One that fills, one that waits, one that is written. */
const BUFFERS_PER_CONNECTION = 3;

/** A write of a megabyte is as good as a larger one; a small one costs more than receiving its bytes. */
const MAX_BUFFER = 1024 * 1024;

const MIN_BUFFER = 128 * 1024;

/** Bytes of a block, so that so many connections stay within the memory that is meant for them. */
export function bufferSize(connections: number): number {
  const share = MAX_MEMORY / (BUFFERS_PER_CONNECTION * connections);
  return Math.max(MIN_BUFFER, Math.min(MAX_BUFFER, 2 ** Math.floor(Math.log2(share))));
}

/** Blocks of memory that are used again and again: new ones for each megabyte would pile up until somebody collects them. */
export class BufferPool {
  /** Bytes of each block. */
  readonly size: number;
  readonly #free: Buffer[] = [];

  constructor(size: number) {
    this.size = size;
  }

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.size);
  }

  /** @param block that came from here, and that nobody uses any more */
  give(block: Buffer): void {
    this.#free.push(block);
  }
}
