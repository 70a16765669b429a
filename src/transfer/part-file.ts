import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, open, rename, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FileSystemError } from '../errors.js';
import { errnoCode, fileFailure } from '../file-failure.js';
import { inFolder, removeFile } from '../in-folder.js';
import { temporaryBeside } from '../temporary-path.js';
import { writeAll } from './block-writer.js';
import { currentBoot } from './boot.js';
import {
  appendWritten,
  type FileIdentity,
  isSameFile,
  readPartRecord,
  writePartRecord,
} from './part-record.js';
import type { Validator } from './range.js';
import { type ByteRange, RangeSet } from './range-set.js';

const LONGEST_NAME = 255;
export const PART = '.part';
const RECORD = '.part.json';

/**
 * The one owner of a half-written file: it lies beside its target under another name, with a record of what of it is
 * there, and becomes the target only when it is complete and verified. All methods throw FileSystemError.
 */
export interface PartFile {
  readonly path: string;
  /** What is written. */
  readonly done: RangeSet;
  /** Whether an earlier run left bytes of another file, which are gone now. */
  readonly hasDropped: boolean;
  /** Of the last response that bytes came from. */
  validator: Validator | undefined;
  /** Writes a block at its place. */
  write(block: Buffer, position: number): Promise<void>;
  /** Notes what is written, for the case that the process ends without a word. */
  note(): Promise<void>;
  /** Flushes, then records what is flushed, for the case that the system ends without a word. */
  checkpoint(): Promise<void>;
  /** Forgets all bytes. */
  restart(): Promise<void>;
  /** Flushes, records and closes, for a later run to go on. */
  suspend(): Promise<void>;
  /** Flushes and moves to the target. */
  commit(): Promise<void>;
  /** Removes the file and its record. */
  discard(): Promise<void>;
}

/** What a part file needs of the machine; a test hands in a disk that forgets. */
export interface PartFileDeps {
  readonly open: (path: string, flags: string) => Promise<FileHandle>;
  /** Names the current start of the machine. */
  readonly boot: () => Promise<string>;
}

const real: PartFileDeps = { open, boot: currentBoot };

/**
 * Opens the part file of a target, with the bytes of an earlier run when they belong to the same file.
 * @throws FileSystemError
 */
export async function openPartFile(
  target: string,
  identity: FileIdentity,
  deps: PartFileDeps = real,
): Promise<PartFile> {
  const paths = { target, part: beside(target, PART), record: beside(target, RECORD) };
  const boot = await deps.boot();
  try {
    const record = await readPartRecord(paths.record, boot);
    const isSame = record !== undefined && isSameFile(record.identity, identity);
    const existing = isSame ? await deps.open(paths.part, 'r+').catch(() => undefined) : undefined;
    const done = new RangeSet(existing && record ? await trustedRanges(existing, record.ranges) : []);
    if (record && done.size === 0) await removeRecord(paths, deps.open);
    const handle = existing ?? (await inFolder(paths.part, () => deps.open(paths.part, 'w+')));
    // Nobody vouches for what lies behind.
    if (existing) await handle.truncate(done.end);
    return new OpenPartFile({
      paths,
      identity,
      boot,
      open: deps.open,
      handle,
      done,
      validator: done.size > 0 ? record?.validator : undefined,
      hasDropped: record !== undefined && !isSame,
    });
  } catch (error) {
    throw fileFailure(error, paths.part, 'write');
  }
}

/** Files beside a target that nobody needs any more whose turn has ended. */
function temporariesOf(target: string): readonly string[] {
  const record = beside(target, RECORD);
  return [temporaryBeside(target, target), temporaryBeside(record, record)];
}

/** Whether somebody may have been killed at the target just before it was whole, or just after that. */
export async function hasLeftovers(target: string): Promise<boolean> {
  const names = [beside(target, RECORD), ...temporariesOf(target)];
  return (await Promise.all(names.map(isThere))).includes(true);
}

/** Removes what a process has left that was killed in the middle of a step. Only in one's turn. */
export async function removeTemporaries(target: string): Promise<void> {
  // Hardly ever is there one, and a look is cheaper than an error.
  for (const path of temporariesOf(target)) if (existsSync(path)) await removeFile(path).catch(() => {});
}

/**
 * Removes what a run may have left that ended between the last two steps, for a target that is whole. Where there is a
 * part file, somebody was about to replace the target, and the record is of use. Only in one's turn.
 */
export async function removeLeftovers(target: string): Promise<void> {
  await removeTemporaries(target);
  if (!(await isThere(beside(target, PART)))) await removeFile(beside(target, RECORD)).catch(() => {});
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => errnoCode(error) !== 'ENOENT',
  );
}

/** Removes what an earlier run left beside a target that has come from elsewhere. Only in one's turn. */
export async function removePart(target: string): Promise<void> {
  await removeRecord({ record: beside(target, RECORD) }, open);
  await removeFile(beside(target, PART));
}

/** A name beside the target, cut where it would be too long; the checksum keeps cut names apart. */
export function beside(target: string, suffix: string): string {
  const name = basename(target);
  if (Buffer.byteLength(name + suffix) <= LONGEST_NAME) return target + suffix;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 16);
  return join(dirname(target), digest + suffix);
}

/** The ranges of a record, unless the file is shorter than they say: then it is not the one that the record was made for. */
async function trustedRanges(
  handle: FileHandle,
  ranges: readonly ByteRange[],
): Promise<readonly ByteRange[]> {
  const { size } = await handle.stat();
  return new RangeSet(ranges).end <= size ? ranges : [];
}

interface Paths {
  readonly target: string;
  readonly part: string;
  readonly record: string;
}

interface Opened {
  readonly paths: Paths;
  readonly identity: FileIdentity;
  readonly boot: string;
  readonly open: PartFileDeps['open'];
  readonly handle: FileHandle;
  readonly done: RangeSet;
  readonly validator: Validator | undefined;
  readonly hasDropped: boolean;
}

class OpenPartFile implements PartFile {
  readonly #opened: Opened;
  readonly #handle: FileHandle;
  readonly done: RangeSet;
  validator: Validator | undefined;
  #flushed: readonly ByteRange[] = [];
  /** Bytes that were there when the record last heard of it. */
  #noted: number;
  #hasRecord: boolean;
  /** One change of the record at a time. */
  #recording: Promise<void> = Promise.resolve();

  constructor(opened: Opened) {
    this.#opened = opened;
    this.#handle = opened.handle;
    this.done = opened.done;
    this.validator = opened.validator;
    this.#noted = opened.done.size;
    this.#hasRecord = this.#noted > 0;
  }

  get path(): string {
    return this.#opened.paths.part;
  }

  get hasDropped(): boolean {
    return this.#opened.hasDropped;
  }

  async write(block: Buffer, position: number): Promise<void> {
    await this.#guard('write', () => writeAll(this.#handle, block, position));
    this.done.add(position, position + block.length);
  }

  note(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.done.size === this.#noted) return;
      if (!this.#hasRecord) return this.#record();
      this.#noted = this.done.size;
      await appendWritten(this.#opened.paths.record, this.#written());
    });
  }

  checkpoint(): Promise<void> {
    return this.#inTurn(async () => {
      // What is written while the flush is under way is not flushed by it.
      const flushed = this.done.ranges;
      await this.#handle.datasync();
      this.#flushed = flushed;
      await this.#record();
    });
  }

  async restart(): Promise<void> {
    await this.#inTurn(async () => {
      this.done.clear();
      this.#flushed = [];
      this.#noted = 0;
      this.#hasRecord = false;
      this.validator = undefined;
      await removeRecord(this.#opened.paths, this.#opened.open);
      await this.#handle.truncate(0);
    });
  }

  async suspend(): Promise<void> {
    if (this.done.size === 0) return this.discard();
    try {
      await this.checkpoint();
      // Whoever has removed it did not mean to leave its record.
      if (!(await isThere(this.path))) return await this.discard();
      await this.#handle.close();
    } catch {
      // A disk that takes no record any more may still have an older one, which is good enough for a later run.
      if (!this.#hasRecord) return this.discard();
      await this.#handle.close();
    }
  }

  async commit(): Promise<void> {
    const { part, record, target } = this.#opened.paths;
    // A record that could not be written does not matter any more.
    await this.#recording.catch(() => {});
    await this.#guard('write', () => this.#handle.sync()).finally(() => this.#handle.close());
    try {
      await rename(part, target);
      await syncFolder(dirname(target), this.#opened.open);
      if (existsSync(record)) await removeFile(record);
    } catch (error) {
      throw fileFailure(error, target, 'create');
    }
  }

  async discard(): Promise<void> {
    const { paths, open } = this.#opened;
    await this.#inTurn(async () => {
      await this.#handle.close();
      await removeRecord(paths, open);
      await removeFile(paths.part);
    });
  }

  async #record(): Promise<void> {
    const { paths, identity } = this.#opened;
    this.#noted = this.done.size;
    const record = { identity, validator: this.validator, flushed: this.#flushed };
    await writePartRecord(paths.record, record, this.#written());
    this.#hasRecord = true;
  }

  #written() {
    return { boot: this.#opened.boot, written: this.done.ranges };
  }

  #inTurn(operation: () => Promise<void>): Promise<void> {
    this.#recording = this.#recording.catch(() => {}).then(() => this.#guard('write', operation));
    return this.#recording;
  }

  async #guard(action: string, operation: () => Promise<void>): Promise<void> {
    try {
      await operation();
    } catch (error) {
      throw fileFailure(error, this.path, action);
    }
  }
}

/**
 * Whether there is room for that many more bytes beside a path, as far as the system tells.
 * @throws FileSystemError `no-space` saying how much is missing
 */
export async function checkSpace(path: string, bytes: number): Promise<void> {
  const stats = await statfs(dirname(path)).catch(() => undefined);
  const free = stats ? stats.bavail * stats.bsize : Number.POSITIVE_INFINITY;
  if (free >= bytes) return;
  throw new FileSystemError(
    'no-space',
    `${basename(path)} needs ${bytes} more bytes, but only ${free} are free in ${dirname(path)}.`,
  );
}

/** For good, before anything is done to the bytes that it tells of: it would be believed of those that come. */
async function removeRecord({ record }: Pick<Paths, 'record'>, open: PartFileDeps['open']): Promise<void> {
  await removeFile(record);
  await syncFolder(dirname(record), open);
}

/** Makes a new or lost name last through a power loss; not every system allows a folder to be opened, and those need no such step. */
async function syncFolder(path: string, open: PartFileDeps['open']): Promise<void> {
  const handle = await open(path, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
