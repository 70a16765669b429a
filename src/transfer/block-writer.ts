import type { FileHandle } from 'node:fs/promises';

/** A write costs more than receiving the 16 KiB of a TLS record, so that many are gathered for one. */
const BLOCK = 1024 * 1024;

/** Writes a block at a place of the file; the memory is free again when it settles. */
export type WriteBlock = (block: Buffer, position: number) => Promise<void>;

/**
 * Gathers chunks to large writes of which one is under way at a time while the next block fills: two blocks of memory
 * for each connection, however large the file.
 */
export class BlockWriter {
  readonly #write: WriteBlock;
  readonly #size: number;
  #filling: Buffer | undefined;
  #spare: Buffer | undefined;
  #filled = 0;
  #position: number;
  #writing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** @param position of the first chunk in the file, in bytes */
  constructor(write: WriteBlock, position: number, size = BLOCK) {
    this.#write = write;
    this.#position = position;
    this.#size = size;
  }

  /** Bytes that wait for a write to begin. */
  get waiting(): number {
    return this.#filled;
  }

  /**
   * Copies a chunk. A returned promise asks not to come with more before it settles; it, or the next call, rejects with
   * what a write failed with.
   */
  add(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#failure) return Promise.reject(this.#failure.error);
    const room = this.#size - this.#filled;
    if (chunk.length >= room) return this.#addMore(chunk, room);
    this.#put(chunk);
    return undefined;
  }

  /** Starts to write what waits, unless a write is under way: called now and then, so that little is lost by a crash. */
  nudge(): void {
    if (this.#filled > 0 && !this.#writing && !this.#failure) this.#startWrite();
  }

  /** Writes the rest; afterwards all that was added is written. */
  async flush(): Promise<void> {
    // A chunk that had to wait begins a write of its own when its turn comes.
    while (!this.#failure && (this.#writing || this.#filled > 0)) {
      if (!this.#writing) this.#startWrite();
      await this.#writing;
    }
    if (this.#failure) throw this.#failure.error;
  }

  #addMore(chunk: Uint8Array, room: number): Promise<void> | undefined {
    this.#put(chunk.subarray(0, room));
    const rest = chunk.subarray(room);
    if (!this.#writing) {
      this.#startWrite();
      return rest.length > 0 ? this.add(rest) : undefined;
    }
    // The chunk's memory may be used again by the time that the write has ended.
    const kept = rest.length > 0 ? Buffer.from(rest) : undefined;
    return this.#writing.then(() => {
      if (this.#failure) throw this.#failure.error;
      this.#startWrite();
      return kept && this.add(kept);
    });
  }

  #put(chunk: Uint8Array): void {
    this.#filling ??= this.#takeSpare();
    this.#filling.set(chunk, this.#filled);
    this.#filled += chunk.length;
  }

  #takeSpare(): Buffer {
    const block = this.#spare ?? Buffer.allocUnsafeSlow(this.#size);
    this.#spare = undefined;
    return block;
  }

  #startWrite(): void {
    const block = this.#filling;
    if (!block) return;
    const written = block.subarray(0, this.#filled);
    const position = this.#position;
    this.#filling = undefined;
    this.#filled = 0;
    this.#position += written.length;
    this.#writing = this.#write(written, position).then(
      () => {
        this.#writing = undefined;
        this.#spare = block;
      },
      (error) => {
        this.#writing = undefined;
        this.#failure = { error };
      },
    );
  }
}

/** Writes all bytes, however few of them the system takes at a time. */
export async function writeAll(handle: FileHandle, block: Buffer, position: number): Promise<void> {
  for (let written = 0; written < block.length; ) {
    const { bytesWritten } = await handle.write(block, written, block.length - written, position + written);
    written += bytesWritten;
  }
}
