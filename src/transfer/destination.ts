import {
  type Checksums,
  checkChecksum,
  expectedChecksum,
  type Verification,
} from '../disk/checksum/checksum.js';
import { createFrontChecksum, type FrontChecksum } from '../disk/checksum/hash-follower.js';
import { fileFailure } from '../disk/errors.js';
import { BEGINNING, checkBeginning } from './content-check.js';
import { Keeper } from './keeper.js';
import type { PartFile } from './part-file.js';
import type { Tuning } from './tuning.js';

/** What a landing is told of the file. */
export interface Expected extends Checksums {
  readonly name: string;
  /** Bytes, if known. */
  readonly size?: number | undefined;
}

/** Where bytes arrive: the part file with its record, and the checksum that follows them. */
export class Landing {
  readonly part: PartFile;
  readonly #expected: Expected;
  readonly #keeper: Keeper;
  readonly #checksum: FrontChecksum | undefined;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(part: PartFile, expected: Expected, tuning: Tuning, now: () => number) {
    this.part = part;
    this.#expected = expected;
    this.#keeper = new Keeper(part, tuning, now);
    const checksum = expectedChecksum(expected);
    this.#checksum =
      checksum && createFrontChecksum({ path: part.path, algorithm: checksum.algorithm }, expected.size);
    this.#checksum?.advance(part.done.front);
  }

  /** Whether a checksum will have the last word. */
  get hasChecksum(): boolean {
    return this.#checksum !== undefined;
  }

  /** @throws ContentError when the beginning is that of another kind of file, FileSystemError */
  async write(block: Buffer, position: number): Promise<void> {
    if (position === 0) checkBeginning(this.#expected.name, block.subarray(0, BEGINNING));
    await this.part.write(block, position);
    this.#checksum?.follow(block, position, this.part.done.front);
  }

  /** To be called every now and then. */
  look(): void {
    this.#keeper.look();
  }

  /** Drops all bytes. */
  async forget(): Promise<void> {
    await this.#keeper.rest();
    await this.part.restart();
    this.#checksum?.reset();
  }

  /**
   * Compares the whole file with what is expected.
   * @throws ContentError `wrong-checksum`, FileSystemError, or the signal's reason
   */
  async verify(signal: AbortSignal): Promise<Verification> {
    const expected = expectedChecksum(this.#expected);
    if (!expected || !this.#checksum) return 'size';
    const found = await this.#checksum.finish(this.part.done.front, signal).catch((error: unknown) => {
      throw fileFailure(error, this.part.path, 'read');
    });
    checkChecksum(this.#expected.name, expected.algorithm, expected.value, found);
    return expected.algorithm;
  }

  /** Waits for what is under way; the part file stays open. */
  async close(): Promise<void> {
    await this.#keeper.rest();
    await this.#checksum?.close();
  }
}
