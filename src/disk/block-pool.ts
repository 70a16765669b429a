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
