import { basename } from 'node:path';
import {
  type Algorithm,
  assertChecksum,
  type Checksums,
  expectedChecksum,
  hasProof,
  type Verification,
} from '../disk/checksum/checksum.js';
import { createHashFollower, type HashFollower } from '../disk/checksum/hash-follower.js';
import { toFileSystemError } from '../disk/errors.js';
import { ContentError } from '../errors.js';
import { Checkpointer } from './checkpointer.js';
import {
  BEGINNING_LENGTH,
  checkSignature,
  describeMislabeled,
  explainMismatch,
  SIGNATURE_LENGTH,
} from './content-check.js';
import { openPartFile, type PartFile } from './part-file.js';
import type { FillOptions, Transferred, TransferTarget } from './request.js';
import { assertFree } from './target-lock.js';
import { defaultTuning, type Tuning } from './tuning.js';

export interface ExpectedFile extends Checksums {
  readonly name: string;
  readonly size?: number | undefined;
}

/** A part file, the checkpoints of its record, and the checksum that follows the written bytes. */
export class Destination {
  readonly part: PartFile;
  readonly #expected: ExpectedFile;
  readonly #checkpointer: Checkpointer;
  readonly #hasher: HashFollower | undefined;

  constructor(part: PartFile, expected: ExpectedFile, tuning: Tuning, monotonic: () => number) {
    this.part = part;
    this.#expected = expected;
    this.#checkpointer = new Checkpointer(part, tuning, monotonic);
    const checksum = expectedChecksum(expected);
    this.#hasher =
      checksum && createHashFollower({ path: part.path, algorithm: checksum.algorithm }, expected.size);
    this.#withReadErrors(() => this.#hasher?.advance(part.done.prefixEnd));
  }

  /** @throws ContentError if the file begins like another kind of file, FileSystemError */
  async write(block: Buffer, position: number): Promise<void> {
    // A connection may break in the first bytes: fewer say nothing before the end.
    if (position === 0 && block.length >= SIGNATURE_LENGTH && !hasProof(this.#expected))
      checkSignature(this.#expected.name, block.subarray(0, BEGINNING_LENGTH));
    await this.part.write(block, position);
    this.#withReadErrors(() => this.#hasher?.append(block, position, this.part.done.prefixEnd));
  }

  tick(): void {
    this.#checkpointer.tick();
  }

  async reset(): Promise<void> {
    await this.#checkpointer.settled();
    await this.part.reset();
    this.#hasher?.reset();
  }

  /**
   * Verifies the whole file by its checksum, or else only that it can be the file.
   * @throws ContentError `wrong-checksum` or `wrong-kind`, FileSystemError
   */
  async verify(signal: AbortSignal): Promise<Algorithm | undefined> {
    if (!hasProof(this.#expected))
      checkSignature(this.#expected.name, this.part.readBeginning(BEGINNING_LENGTH));
    const expected = expectedChecksum(this.#expected);
    if (!expected || !this.#hasher) return undefined;
    const found = await this.#hasher.finish(this.part.done.prefixEnd, signal).catch((error: unknown) => {
      throw toFileSystemError(error, this.part.path, 'read');
    });
    assertChecksum(this.#expected.name, expected.algorithm, expected.value, found);
    return expected.algorithm;
  }

  #withReadErrors(step: () => void): void {
    try {
      step();
    } catch (error) {
      throw toFileSystemError(error, this.part.path, 'read');
    }
  }

  /** Adds to an error of the verification why the bytes may be wrong. */
  explain(error: ContentError): ContentError {
    const { name, size } = this.#expected;
    const { prefixEnd } = this.part.done;
    return explainMismatch(error, {
      name,
      size,
      received: prefixEnd,
      beginning: this.part.readBeginning(BEGINNING_LENGTH),
    });
  }

  /** Returns a warning if the verified file is not what its name says. */
  describeMislabeled(): string | undefined {
    return hasProof(this.#expected)
      ? describeMislabeled(this.#expected.name, this.part.readBeginning(BEGINNING_LENGTH))
      : undefined;
  }

  /** Waits for checkpoints and ends the checksum. The part file stays open. */
  async close(): Promise<void> {
    await this.#checkpointer.settled();
    await this.#hasher?.close();
  }
}

/** Completes a part file by `fill` and renames it to the target. Only while holding the target's lock. */
export async function fillPartFile(
  request: TransferTarget,
  options: FillOptions,
  fill: (destination: Destination) => Promise<Verification | undefined>,
): Promise<Transferred> {
  const { target, fileKey, size, sha256 } = request;
  const { onEvent, partFileSystem, signal } = options;
  const part = await openPartFile(target, { key: fileKey, size, sha256 }, partFileSystem, signal);
  try {
    const resumed = part.done.size;
    if (part.discardedOther)
      onEvent({ type: 'started-over', why: 'The part file of an earlier run belongs to another file.' });
    if (resumed > 0) onEvent({ type: 'resumed', bytes: resumed });
    const verified = await fillDestination(part, request, options, fill);
    const { prefixEnd } = part.done;
    // What is written for this file must not be about one that another program has put there meanwhile.
    assertFree(request);
    await options.beforeCommit?.(part.path);
    assertFree(request);
    await part.commit();
    return { size: prefixEnd, resumed: Math.min(resumed, prefixEnd), verified, byOtherProcess: false };
  } catch (error) {
    // What failed first says why.
    await (areBytesWrong(error) ? part.discard() : part.suspend()).catch(() => {});
    throw error;
  }
}

async function fillDestination(
  part: PartFile,
  { target, size, sha256, blake3, crc32 }: TransferTarget,
  { tuning = defaultTuning, monotonic }: FillOptions,
  fill: (destination: Destination) => Promise<Verification | undefined>,
): Promise<Verification | undefined> {
  const expected = { name: basename(target), size, sha256, blake3, crc32 };
  const destination = new Destination(part, expected, tuning, monotonic);
  try {
    return await fill(destination);
  } finally {
    await destination.close();
  }
}

function areBytesWrong(error: unknown): boolean {
  return error instanceof ContentError && ['wrong-checksum', 'wrong-range', 'changed'].includes(error.code);
}
