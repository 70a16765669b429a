import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { bootId } from '../disk/boot-id.js';
import { toFileSystemError } from '../disk/errors.js';
import { mayExist, removeIfExists, removeLargeIfExists, withParentDir } from '../disk/files.js';
import { type DiskFile, openFile } from '../disk/open-file.js';
import { PART, RECORD, sidecarPath } from '../disk/paths.js';
import type { Validator } from './byte-ranges.js';
import { type ByteRange, RangeSet } from './byte-ranges.js';
import {
  appendWritten,
  type FileIdentity,
  isSameFile,
  readPartRecord,
  writePartRecord,
} from './part-record.js';

/**
 * The one owner of a half-written file: it lies beside its target under another name, with a record of what of it is
 * there, and becomes the target only when it is complete and verified. All methods throw FileSystemError.
 */
export interface PartFile {
  readonly path: string;
  /** What is written. */
  readonly done: RangeSet;
  /** Whether an earlier run left bytes of another file, which are gone now. */
  readonly discardedOther: boolean;
  /** Of the last response that bytes came from. */
  validator: Validator | undefined;
  /** Writes a block at its place. */
  write(block: Buffer, position: number): Promise<void>;
  /** Notes what is written, for the case that the process ends without a word. */
  journal(): Promise<void>;
  /** Flushes, then records what is flushed, for the case that the system ends without a word. */
  checkpoint(): Promise<void>;
  /** Forgets all bytes. */
  reset(): Promise<void>;
  /** Flushes, records and closes, for a later run to go on. */
  suspend(): Promise<void>;
  /** Flushes and moves to the target. */
  commit(): Promise<void>;
  /** Removes the file and its record. */
  discard(): Promise<void>;
}

/** What a part file needs of the machine; a test hands in a disk that forgets. */
export interface PartFileSystem {
  readonly open: (path: string, flags: string) => DiskFile;
  /** Names the current start of the machine. */
  readonly bootId: () => string;
}

const real: PartFileSystem = { open: openFile, bootId };

/**
 * Opens the part file of a target, with the bytes of an earlier run when they belong to the same file.
 * @throws FileSystemError
 */
export async function openPartFile(
  target: string,
  identity: FileIdentity,
  deps: PartFileSystem = real,
): Promise<PartFile> {
  const paths = { target, part: sidecarPath(target, PART), record: sidecarPath(target, RECORD) };
  const boot = deps.bootId();
  try {
    const record = readPartRecord(paths.record, boot);
    const isSame = record !== undefined && isSameFile(record.identity, identity);
    const existing = isSame ? openExisting(paths.part, deps) : undefined;
    const done = new RangeSet(existing && record ? trustedRanges(existing, record.ranges) : []);
    if (record && done.size === 0) await removeRecord(paths, deps.open);
    const file = existing ?? (await withParentDir(paths.part, () => deps.open(paths.part, 'w+')));
    // Nobody vouches for what lies behind.
    if (existing) await file.truncate(done.end);
    return new OpenPartFile({
      paths,
      identity,
      boot,
      open: deps.open,
      file,
      done,
      validator: done.size > 0 ? record?.validator : undefined,
      discardedOther: record !== undefined && !isSame,
    });
  } catch (error) {
    throw toFileSystemError(error, paths.part, 'write');
  }
}

function openExisting(path: string, { open }: PartFileSystem): DiskFile | undefined {
  try {
    return open(path, 'r+');
  } catch {
    return undefined;
  }
}

/** Removes what an earlier run left beside a target that has come from elsewhere. Only in one's turn. */
export async function removePart(target: string): Promise<void> {
  await removeRecord({ record: sidecarPath(target, RECORD) }, openFile);
  await removeLargeIfExists(sidecarPath(target, PART));
}

/** The ranges of a record, unless the file is shorter than they say: then it is not the one that the record was made for. */
function trustedRanges({ size }: DiskFile, ranges: readonly ByteRange[]): readonly ByteRange[] {
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
  readonly open: PartFileSystem['open'];
  readonly file: DiskFile;
  readonly done: RangeSet;
  readonly validator: Validator | undefined;
  readonly discardedOther: boolean;
}

class OpenPartFile implements PartFile {
  readonly #opened: Opened;
  readonly #file: DiskFile;
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
    this.#file = opened.file;
    this.done = opened.done;
    this.validator = opened.validator;
    this.#noted = opened.done.size;
    this.#hasRecord = this.#noted > 0;
  }

  get path(): string {
    return this.#opened.paths.part;
  }

  get discardedOther(): boolean {
    return this.#opened.discardedOther;
  }

  async write(block: Buffer, position: number): Promise<void> {
    await this.#guard('write', () => this.#file.write(block, position));
    this.done.add(position, position + block.length);
  }

  journal(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.done.size === this.#noted) return;
      if (!this.#hasRecord) return this.#record();
      this.#noted = this.done.size;
      appendWritten(this.#opened.paths.record, this.#written());
    });
  }

  checkpoint(): Promise<void> {
    return this.#inTurn(async () => {
      // What is written while the flush is under way is not flushed by it.
      const flushed = this.done.ranges;
      await this.#file.datasync();
      this.#flushed = flushed;
      await this.#record();
    });
  }

  async reset(): Promise<void> {
    await this.#inTurn(async () => {
      this.done.clear();
      this.#flushed = [];
      this.#noted = 0;
      this.#hasRecord = false;
      this.validator = undefined;
      await removeRecord(this.#opened.paths, this.#opened.open);
      await this.#file.truncate(0);
    });
  }

  async suspend(): Promise<void> {
    if (this.done.size === 0) return this.discard();
    try {
      await this.checkpoint();
      // Whoever has removed it did not mean to leave its record.
      if (!mayExist(this.path)) return await this.discard();
      this.#file.close();
    } catch {
      // A disk that takes no record any more may still have an older one, which is good enough for a later run.
      if (!this.#hasRecord) return this.discard();
      this.#file.close();
    }
  }

  async commit(): Promise<void> {
    const { part, record, target } = this.#opened.paths;
    // A record that could not be written does not matter any more.
    await this.#recording.catch(() => {});
    await this.#guard('write', () => this.#file.sync()).finally(() => this.#file.close());
    try {
      await rename(part, target);
      await syncFolder(dirname(target), this.#opened.open);
      if (existsSync(record)) removeIfExists(record);
    } catch (error) {
      throw toFileSystemError(error, target, 'create');
    }
  }

  async discard(): Promise<void> {
    const { paths, open } = this.#opened;
    await this.#inTurn(async () => {
      this.#file.close();
      await removeRecord(paths, open);
      await removeLargeIfExists(paths.part);
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
      throw toFileSystemError(error, this.path, action);
    }
  }
}

/** For good, before anything is done to the bytes that it tells of: it would be believed of those that come. */
async function removeRecord({ record }: Pick<Paths, 'record'>, open: PartFileSystem['open']): Promise<void> {
  removeIfExists(record);
  await syncFolder(dirname(record), open);
}

/** Makes a new or lost name last through a power loss; not every system allows a folder to be opened. */
async function syncFolder(path: string, open: PartFileSystem['open']): Promise<void> {
  let folder: DiskFile | undefined;
  try {
    folder = open(path, 'r');
    await folder.sync();
  } catch {
    // What a system does not allow, it does not need.
  } finally {
    folder?.close();
  }
}
