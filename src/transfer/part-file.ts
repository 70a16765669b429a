import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { bootId } from '../disk/boot-id.js';
import { type BusyOptions, retryWhileBusy } from '../disk/busy.js';
import { matchesFile } from '../disk/checksum/verify-file.js';
import { toFileSystemError } from '../disk/errors.js';
import { removeIfExists, removeLargeIfExists } from '../disk/files.js';
import { tryFlush } from '../disk/flush.js';
import { type DiskFile, openFile } from '../disk/open-file.js';
import { PART, RECORD, sidecarPath } from '../disk/paths.js';
import { isPlainFile, statPath } from '../disk/plain-file.js';
import { syncDirectory } from '../disk/sync-directory.js';
import { FileSystemError } from '../errors.js';
import { RangeSet, type Validator } from './byte-ranges.js';
import { createPart, findBytes } from './part-bytes.js';
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
  /** Size of the whole file as the host said, perhaps in an earlier run. */
  total: number | undefined;
  write(block: Buffer, position: number): Promise<void>;
  /** Returns the first bytes; fewer if the file has no more. */
  readBeginning(length: number): Buffer;
  /** Records the written ranges for a crash of the process. */
  journal(): Promise<void>;
  /** Flushes and records the written ranges for a power loss. */
  checkpoint(): Promise<void>;
  reset(): Promise<void>;
  /** Flushes, records and closes the file for a later run. */
  suspend(): Promise<void>;
  /** Flushes the verified file and renames it to the target. If that fails, it stays for a later run. */
  commit(): Promise<void>;
  /** Removes the file, unless another one has its name now. */
  discard(): Promise<void>;
}

/** The system calls of a part file that tests replace. */
export interface PartFileSystem {
  readonly open: typeof openFile;
  readonly bootId: () => string;
}

const realSystem: PartFileSystem = { open: openFile, bootId };

interface Paths {
  readonly target: string;
  readonly part: string;
  readonly record: string;
}

/**
 * Opens the part file of a target, with the bytes of an earlier run if they belong to the same file. Replaces anything
 * else with this name that is not a folder: others can put a link or a FIFO there.
 */
export async function openPartFile(
  target: string,
  identity: FileIdentity,
  system: PartFileSystem = realSystem,
  signal: AbortSignal = new AbortController().signal,
): Promise<PartFile> {
  const paths = { target, part: sidecarPath(target, PART), record: sidecarPath(target, RECORD) };
  const { open } = system;
  const boot = system.bootId();
  try {
    const record = await retryWhileBusy(paths.record, () => readPartRecord(paths.record, boot), { signal });
    const found = await findBytes(paths.part, identity, record, { open, signal });
    const done = new RangeSet(found?.ranges ?? []);
    if (record && done.size === 0) await removePartRecord(paths.record, open, { signal });
    const file = found?.file ?? (await createPart(paths.part, open, { signal }));
    // Drop bytes past the last recorded range: they may be garbage.
    if (found) await retryWhileBusy(paths.part, () => file.truncate(done.end), { signal });
    const { validator } = (done.size > 0 ? record : undefined) ?? {};
    const total = done.size > 0 ? found?.total : undefined;
    const discardedOther = done.size === 0 && record !== undefined && !isSameFile(record.identity, identity);
    const source = { validator, total, discardedOther };
    return new OpenPartFile({ paths, identity, boot, open, file, done, signal, ...source });
  } catch (error) {
    throw toFileSystemError(error, paths.part, 'write');
  }
}

/** Removes the part file and record of a target. Only while holding the target's lock. */
export async function removePart(target: string): Promise<void> {
  await removePartRecord(sidecarPath(target, RECORD), openFile);
  await removeLargeIfExists(sidecarPath(target, PART));
}

interface OpenPartFileOptions {
  readonly paths: Paths;
  readonly identity: FileIdentity;
  readonly boot: string;
  readonly open: typeof openFile;
  readonly file: DiskFile;
  readonly done: RangeSet;
  readonly validator: Validator | undefined;
  readonly total: number | undefined;
  readonly discardedOther: boolean;
  readonly signal: AbortSignal;
}

class OpenPartFile implements PartFile {
  readonly done: RangeSet;
  readonly discardedOther: boolean;
  validator: Validator | undefined;
  total: number | undefined;
  readonly #paths: Paths;
  readonly #sha256: string | undefined;
  readonly #open: typeof openFile;
  readonly #file: DiskFile;
  readonly #signal: AbortSignal;
  readonly #record: PartRecordWriter;
  #lastOperation: Promise<void> = Promise.resolve();
  #isVerified = false;
  #isSuspended = false;

  constructor({ paths, open, file, done, identity, boot, signal, ...rest }: OpenPartFileOptions) {
    this.done = done;
    this.discardedOther = rest.discardedOther;
    this.validator = rest.validator;
    this.total = rest.total;
    this.#paths = paths;
    this.#sha256 = identity.sha256;
    this.#open = open;
    this.#file = file;
    this.#signal = signal;
    this.#record = new PartRecordWriter(paths.record, identity, boot, this);
  }

  get path(): string {
    return this.#paths.part;
  }

  async write(block: Buffer, position: number): Promise<void> {
    await this.#withFileErrors(() => this.#retry(this.path, () => this.#file.write(block, position)));
    this.done.add(position, position + block.length);
  }

  readBeginning(length: number): Buffer {
    try {
      return this.#file.readBeginning(length);
    } catch (error) {
      throw toFileSystemError(error, this.path, 'read');
    }
  }

  journal(): Promise<void> {
    return this.#serialize(() => this.#record.journal());
  }

  checkpoint(options?: BusyOptions): Promise<void> {
    return this.#serialize(async () => {
      // Later writes may miss the flush.
      const { ranges } = this.done;
      const isFlushed = await tryFlush(this.#file.datasync());
      // Bytes that may be lost are recorded only if the SHA256 will tell.
      await this.#record.checkpoint(isFlushed || this.#sha256 !== undefined ? ranges : [], options);
    });
  }

  async reset(): Promise<void> {
    await this.#serialize(async () => {
      this.done.clear();
      this.validator = undefined;
      this.total = undefined;
      await this.#record.reset(this.#open, { signal: this.#signal });
      await this.#retry(this.path, () => this.#file.truncate(0));
    });
  }

  async suspend(): Promise<void> {
    if (this.#isSuspended) return;
    // A user who removed or replaced the part file does not want its record either.
    if (this.done.size === 0 || !this.#file.isAt(this.path)) return this.discard();
    try {
      await this.checkpoint({ busyTimeoutMs: undefined, signal: this.#signal });
    } catch {
      if (this.#isVerified) await this.#removeRecord();
      // On a full disk, an older record is good enough for a later run.
      else if (!this.#record.exists) return this.discard();
    }
    this.#file.close();
  }

  async commit(): Promise<void> {
    const { part, record, target } = this.#paths;
    // A complete file needs no record, so its errors do not matter.
    await this.#lastOperation.catch(() => {});
    this.#isVerified = true;
    await this.#withFileErrors(async () => {
      await tryFlush(this.#file.sync());
      await this.#assertInPlace();
      this.#file.close();
    });
    this.#isSuspended = true;
    try {
      await this.#retry(target, () => rename(part, target));
    } catch (error) {
      throw await this.#keep(error);
    }
    await syncDirectory(dirname(target), this.#open);
    // The next run removes a record that stays.
    await this.#retry(record, () => removeIfExists(record)).catch(() => {});
  }

  /** Records the verified file, which could not be renamed, and returns the error to throw. */
  async #keep(error: unknown): Promise<unknown> {
    const { part, target } = this.#paths;
    const isThere = isPlainFile(part);
    if (isThere) await this.#record.checkpoint(this.done.ranges).catch(() => this.#removeRecord());
    else await this.#removeRecord();
    const failure = toFileSystemError(error, target, 'create');
    if (!isThere || !(failure instanceof FileSystemError)) return failure;
    const message = `${failure.message} The verified file is kept as ${part}.`;
    return new FileSystemError(failure.code, message, { cause: failure.cause });
  }

  /** Without a record, the next run compares the SHA256; by an older one, it would drop bytes. */
  async #removeRecord(): Promise<void> {
    await removePartRecord(this.#paths.record, this.#open).catch(() => {});
  }

  async discard(): Promise<void> {
    await this.#serialize(async () => {
      const isOwn = this.#file.isAt(this.path);
      this.#file.close();
      await removePartRecord(this.#paths.record, this.#open, { signal: this.#signal });
      if (isOwn) await this.#retry(this.path, () => removeLargeIfExists(this.path));
    });
  }

  /** Another program may have replaced or changed the file since it was opened. The SHA256 is the proof, if known. */
  async #assertInPlace(): Promise<void> {
    const { path } = this;
    const { end: size, prefixEnd } = this.done;
    if (this.#file.isAt(path) && this.#file.size === size && prefixEnd === size) return;
    // A missing file cannot be renamed, which says it better.
    if (!statPath(path)) return;
    const expected = { size, sha256: this.#sha256 };
    const match = isPlainFile(path) ? await matchesFile(path, expected, this.#signal) : undefined;
    if (match?.verified === 'SHA256') return;
    throw new FileSystemError('file-system', `Another program has replaced or changed ${path}.`);
  }

  #retry<T>(path: string, step: () => T | Promise<T>): Promise<T> {
    return retryWhileBusy(path, step, { signal: this.#signal });
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
