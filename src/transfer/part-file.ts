import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { bootId } from '../disk/boot-id.js';
import { toFileSystemError } from '../disk/errors.js';
import { mayExist, removeIfExists, removeLargeIfExists, withParentDir } from '../disk/files.js';
import { type DiskFile, openFile } from '../disk/open-file.js';
import { PART, RECORD, sidecarPath } from '../disk/paths.js';
import { syncDirectory } from '../disk/sync-directory.js';
import { type ByteRange, RangeSet, type Validator } from './byte-ranges.js';
import {
  type FileIdentity,
  isSameFile,
  PartRecordWriter,
  readPartRecord,
  removePartRecord,
} from './part-record.js';

/**
 * An incomplete file next to its target, with a record of the bytes that it holds. It becomes the target when it is
 * complete and verified. All methods throw FileSystemError.
 */
export interface PartFile {
  readonly path: string;
  readonly done: RangeSet;
  /** Whether bytes of another file were removed when it was opened. */
  readonly discardedOther: boolean;
  validator: Validator | undefined;
  write(block: Buffer, position: number): Promise<void>;
  /** Records the written ranges for a crash of the process. */
  journal(): Promise<void>;
  /** Flushes and records the written ranges for a power loss. */
  checkpoint(): Promise<void>;
  reset(): Promise<void>;
  /** Flushes, records and closes the file for a later run. */
  suspend(): Promise<void>;
  /** Flushes the file and renames it to the target. */
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** The system calls of a part file that tests replace. */
export interface PartFileSystem {
  readonly open: typeof openFile;
  readonly bootId: () => string;
}

const realSystem: PartFileSystem = { open: openFile, bootId };

/** Opens the part file of a target, with the bytes of an earlier run if they belong to the same file. */
export async function openPartFile(
  target: string,
  identity: FileIdentity,
  system: PartFileSystem = realSystem,
): Promise<PartFile> {
  const paths = { target, part: sidecarPath(target, PART), record: sidecarPath(target, RECORD) };
  const { open } = system;
  const boot = system.bootId();
  try {
    const record = readPartRecord(paths.record, boot);
    const isSame = record !== undefined && isSameFile(record.identity, identity);
    const existing = isSame ? tryOpen(paths.part, open) : undefined;
    const done = new RangeSet(existing && record ? trustedRanges(existing, record.ranges) : []);
    if (record && done.size === 0) await removePartRecord(paths.record, open);
    const file = existing ?? (await withParentDir(paths.part, () => open(paths.part, 'w+')));
    // Drop bytes past the last recorded range: they may be garbage.
    if (existing) await file.truncate(done.end);
    const validator = done.size > 0 ? record?.validator : undefined;
    const discardedOther = record !== undefined && !isSame;
    return new OpenPartFile({ paths, identity, boot, open, file, done, validator, discardedOther });
  } catch (error) {
    throw toFileSystemError(error, paths.part, 'write');
  }
}

function tryOpen(path: string, open: typeof openFile): DiskFile | undefined {
  try {
    return open(path, 'r+');
  } catch {
    return undefined;
  }
}

/** A file that is shorter than its record says is not the recorded one. */
function trustedRanges({ size }: DiskFile, ranges: readonly ByteRange[]): readonly ByteRange[] {
  return new RangeSet(ranges).end <= size ? ranges : [];
}

/** Removes the part file and record of a target. Only while holding the target's lock. */
export async function removePart(target: string): Promise<void> {
  await removePartRecord(sidecarPath(target, RECORD), openFile);
  await removeLargeIfExists(sidecarPath(target, PART));
}

interface OpenPartFileOptions {
  readonly paths: { readonly target: string; readonly part: string; readonly record: string };
  readonly identity: FileIdentity;
  readonly boot: string;
  readonly open: typeof openFile;
  readonly file: DiskFile;
  readonly done: RangeSet;
  readonly validator: Validator | undefined;
  readonly discardedOther: boolean;
}

class OpenPartFile implements PartFile {
  readonly done: RangeSet;
  readonly discardedOther: boolean;
  validator: Validator | undefined;
  readonly #paths: OpenPartFileOptions['paths'];
  readonly #open: typeof openFile;
  readonly #file: DiskFile;
  readonly #record: PartRecordWriter;
  #lastOperation: Promise<void> = Promise.resolve();

  constructor({ paths, open, file, done, ...rest }: OpenPartFileOptions) {
    this.done = done;
    this.discardedOther = rest.discardedOther;
    this.validator = rest.validator;
    this.#paths = paths;
    this.#open = open;
    this.#file = file;
    this.#record = new PartRecordWriter(paths.record, rest.identity, rest.boot, this);
  }

  get path(): string {
    return this.#paths.part;
  }

  async write(block: Buffer, position: number): Promise<void> {
    await this.#withFileErrors(() => this.#file.write(block, position));
    this.done.add(position, position + block.length);
  }

  journal(): Promise<void> {
    return this.#serialize(() => this.#record.journal());
  }

  checkpoint(): Promise<void> {
    return this.#serialize(async () => {
      // Later writes may miss the flush.
      const flushed = this.done.ranges;
      await this.#file.datasync();
      await this.#record.checkpoint(flushed);
    });
  }

  async reset(): Promise<void> {
    await this.#serialize(async () => {
      this.done.clear();
      this.validator = undefined;
      await this.#record.reset(this.#open);
      await this.#file.truncate(0);
    });
  }

  async suspend(): Promise<void> {
    if (this.done.size === 0) return this.discard();
    try {
      await this.checkpoint();
      // A user who removed the part file does not want its record either.
      if (!mayExist(this.path)) return await this.discard();
      this.#file.close();
    } catch {
      // On a full disk, an older record is good enough for a later run.
      if (!this.#record.exists) return this.discard();
      this.#file.close();
    }
  }

  async commit(): Promise<void> {
    const { part, record, target } = this.#paths;
    // A complete file needs no record, so its errors do not matter.
    await this.#lastOperation.catch(() => {});
    await this.#withFileErrors(() => this.#file.sync()).finally(() => this.#file.close());
    try {
      await rename(part, target);
      await syncDirectory(dirname(target), this.#open);
      if (existsSync(record)) removeIfExists(record);
    } catch (error) {
      throw toFileSystemError(error, target, 'create');
    }
  }

  async discard(): Promise<void> {
    await this.#serialize(async () => {
      this.#file.close();
      await removePartRecord(this.#paths.record, this.#open);
      await removeLargeIfExists(this.path);
    });
  }

  /** Runs an operation after the one before has ended, even if that failed. */
  #serialize(operation: () => Promise<void>): Promise<void> {
    this.#lastOperation = this.#lastOperation.catch(() => {}).then(() => this.#withFileErrors(operation));
    return this.#lastOperation;
  }

  async #withFileErrors(operation: () => Promise<void>): Promise<void> {
    try {
      await operation();
    } catch (error) {
      throw toFileSystemError(error, this.path, 'write');
    }
  }
}
