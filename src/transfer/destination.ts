import { basename } from 'node:path';
import { BackgroundTask } from '../disk/background-task.js';
import {
  assertChecksum,
  type Checksums,
  expectedChecksum,
  type Verification,
} from '../disk/checksum/checksum.js';
import { createHashFollower, type HashFollower } from '../disk/checksum/hash-follower.js';
import { toFileSystemError } from '../disk/errors.js';
import { ContentError } from '../errors.js';
import { checkSignature, SIGNATURE_LENGTH } from './content-check.js';
import type { PartFile } from './part-file.js';
import { openPartFile } from './part-file.js';
import type { TransferOptions, Transferred, TransferTarget } from './request.js';
import type { Tuning } from './tuning.js';
import { defaultTuning } from './tuning.js';

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

/** Sees to it that a part file's record is never far behind what is written. */
export class Checkpointer {
  readonly #part: PartFile;
  readonly #tuning: Tuning;
  readonly #now: () => number;
  #notedAt: number;
  #flushedAt: number;
  #flushed: number;
  readonly #writing = new BackgroundTask();

  /** @param now milliseconds of a clock that only goes forward */
  constructor(part: PartFile, tuning: Tuning, now: () => number) {
    this.#part = part;
    this.#tuning = tuning;
    this.#now = now;
    this.#notedAt = now() + tuning.firstJournalMs - tuning.journalMs;
    this.#flushedAt = now();
    this.#flushed = part.done.size;
  }

  /**
   * Starts what is due.
   * @throws what an earlier step failed with
   */
  tick(): void {
    this.#writing.throwIfFailed();
    if (!this.#writing.isIdle) return;
    const now = this.#now();
    const { size } = this.#part.done;
    // It may have started over in the meantime.
    this.#flushed = Math.min(this.#flushed, size);
    const isFlushDue =
      size - this.#flushed >= this.#tuning.checkpointBytes ||
      (size > this.#flushed && now - this.#flushedAt >= this.#tuning.checkpointMs);
    if (isFlushDue) {
      this.#flushed = size;
      this.#flushedAt = now;
      this.#writing.start(this.#part.checkpoint());
    } else if (now - this.#notedAt >= this.#tuning.journalMs) {
      this.#notedAt = now;
      this.#writing.start(this.#part.journal());
    }
  }

  /** Waits for what is under way. */
  async settled(): Promise<void> {
    await this.#writing.settled();
  }
}

/**
 * Opens the target's part file, lets somebody fill it, and gives it its name. Only in one's turn.
 * @param fill brings what is missing and verifies the whole
 */
export async function fillPartFile(
  request: TransferTarget,
  deps: Pick<TransferOptions, 'monotonic' | 'onEvent' | 'tuning'>,
  fill: (destination: Destination) => Promise<Verification>,
): Promise<Transferred> {
  const { target, fileKey, size, sha256 } = request;
  const part = await openPartFile(target, { key: fileKey, size, sha256 });
  try {
    const resumed = part.done.size;
    if (part.discardedOther)
      deps.onEvent({ type: 'started-over', why: 'What an earlier run left is of another file.' });
    if (resumed > 0) deps.onEvent({ type: 'resumed', bytes: resumed });
    const verified = await fillDestination(part, request, deps, fill);
    const { prefixEnd } = part.done;
    await part.commit();
    return { size: prefixEnd, resumed: Math.min(resumed, prefixEnd), verified, byOtherProcess: false };
  } catch (error) {
    await (areBytesWrong(error) ? part.discard() : part.suspend());
    throw error;
  }
}

async function fillDestination(
  part: PartFile,
  { target, size, sha256, crc32 }: TransferTarget,
  { tuning = defaultTuning, monotonic }: Pick<TransferOptions, 'monotonic' | 'tuning'>,
  fill: (destination: Destination) => Promise<Verification>,
): Promise<Verification> {
  const destination = new Destination(
    part,
    { name: basename(target), size, sha256, crc32 },
    tuning,
    monotonic,
  );
  try {
    return await fill(destination);
  } finally {
    await destination.close();
  }
}

/** Whether an error says that what is in the part file must not be continued. */
function areBytesWrong(error: unknown): boolean {
  return error instanceof ContentError && ['wrong-checksum', 'wrong-range', 'changed'].includes(error.code);
}
