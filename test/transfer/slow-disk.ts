import { bootId } from '../../src/disk/boot-id.js';
import { type DiskFile, openFile } from '../../src/disk/open-file.js';
import type { PartFileSystem } from '../../src/transfer/part-file.js';

/** Returns numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A disk that completes writes in any order, and that records writes which are pending while the file is emptied. */
export class SlowDisk implements PartFileSystem {
  readonly bootId = bootId;
  readonly #random: () => number;
  readonly #maxDelayMs: number;
  #pendingWrites = 0;
  /** Number of times that the file was emptied. */
  emptied = 0;
  /** Number of writes that were pending then, or that began before it was done. */
  raced = 0;
  #isEmptying = false;

  constructor(seed: number, maxDelayMs: number) {
    this.#random = randomNumbers(seed);
    this.#maxDelayMs = maxDelayMs;
  }

  readonly open = (path: string, flags: string): DiskFile => {
    const file = openFile(path, flags);
    if (!path.endsWith('.part')) return file;
    return {
      get size() {
        return file.size;
      },
      isAt: (at) => file.isAt(at),
      readBeginning: (length) => file.readBeginning(length),
      write: (bytes, position) => this.#write(file, bytes, position),
      truncate: (size) => this.#truncate(file, size),
      datasync: () => file.datasync(),
      sync: () => file.sync(),
      close: () => file.close(),
    };
  };

  async #write(file: DiskFile, bytes: Uint8Array, position: number): Promise<void> {
    if (this.#isEmptying) this.raced++;
    this.#pendingWrites++;
    // Half of the writes wait before they reach the file, the others before they are reported.
    const isLate = this.#random() < 0.5;
    if (isLate) await this.#delay();
    await file.write(bytes, position);
    if (!isLate) await this.#delay();
    this.#pendingWrites--;
  }

  async #truncate(file: DiskFile, size: number): Promise<void> {
    if (size === 0) this.emptied++;
    this.raced += this.#pendingWrites;
    this.#isEmptying = true;
    await this.#delay();
    await file.truncate(size);
    this.#isEmptying = false;
  }

  #delay(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#random() * this.#maxDelayMs));
  }
}
