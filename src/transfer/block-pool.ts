/** Blocks of memory that are used again and again: new ones for each megabyte would pile up until somebody collects them. */
export class BlockPool {
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
