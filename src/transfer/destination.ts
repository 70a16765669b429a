import {
  assertChecksum,
  type Checksums,
  expectedChecksum,
  type Verification,
} from '../disk/checksum/checksum.js';
import { createHashFollower, type HashFollower } from '../disk/checksum/hash-follower.js';
import { toFileSystemError } from '../disk/errors.js';
import { checkSignature, SIGNATURE_LENGTH } from './content-check.js';
import { Checkpointer } from './keeper.js';
import type { PartFile } from './part-file.js';
import type { Tuning } from './tuning.js';

/** What a destination is told of the file. */
export interface ExpectedFile extends Checksums {
  readonly name: string;
  /** Bytes, if known. */
  readonly size?: number | undefined;
}

/** Where bytes arrive: the part file with its record, and the checksum that follows them. */
export class Destination {
  readonly part: PartFile;
  readonly #expected: ExpectedFile;
  readonly #checkpointer: Checkpointer;
  readonly #hasher: HashFollower | undefined;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(part: PartFile, expected: ExpectedFile, tuning: Tuning, now: () => number) {
    this.part = part;
    this.#expected = expected;
    this.#checkpointer = new Checkpointer(part, tuning, now);
    const checksum = expectedChecksum(expected);
    this.#hasher =
      checksum && createHashFollower({ path: part.path, algorithm: checksum.algorithm }, expected.size);
    this.#hasher?.advance(part.done.prefixEnd);
  }

  /** Whether a checksum will have the last word. */
  get hasChecksum(): boolean {
    return this.#hasher !== undefined;
  }

  /** @throws ContentError when the beginning is that of another kind of file, FileSystemError */
  async write(block: Buffer, position: number): Promise<void> {
    if (position === 0) checkSignature(this.#expected.name, block.subarray(0, SIGNATURE_LENGTH));
    await this.part.write(block, position);
    this.#hasher?.append(block, position, this.part.done.prefixEnd);
  }

  /** To be called every now and then. */
  tick(): void {
    this.#checkpointer.tick();
  }

  /** Drops all bytes. */
  async reset(): Promise<void> {
    await this.#checkpointer.settled();
    await this.part.reset();
    this.#hasher?.reset();
  }

  /**
   * Compares the whole file with what is expected.
   * @throws ContentError `wrong-checksum`, FileSystemError, or the signal's reason
   */
  async verify(signal: AbortSignal): Promise<Verification> {
    const expected = expectedChecksum(this.#expected);
    if (!expected || !this.#hasher) return 'size';
    const found = await this.#hasher.finish(this.part.done.prefixEnd, signal).catch((error: unknown) => {
      throw toFileSystemError(error, this.part.path, 'read');
    });
    assertChecksum(this.#expected.name, expected.algorithm, expected.value, found);
    return expected.algorithm;
  }

  /** Waits for what is under way; the part file stays open. */
  async close(): Promise<void> {
    await this.#checkpointer.settled();
    await this.#hasher?.close();
  }
}
