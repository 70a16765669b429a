import { closeSync, constants, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { writeAtomic } from '../disk/atomic-write.js';
import { type BusyOptions, retryWhileBusy } from '../disk/busy.js';
import { systemCode, toFileSystemError } from '../disk/errors.js';
import { removeIfExists, tryReadText } from '../disk/files.js';
import type { openFile } from '../disk/open-file.js';
import { openPlainFile, readPlainText, statPath } from '../disk/plain-file.js';
import { syncDirectory } from '../disk/sync-directory.js';
import { FileSystemError } from '../errors.js';
import type { ByteRange, RangeSet, Validator } from './byte-ranges.js';

const identitySchema = z.object({
  key: z.string(),
  size: z.int().nonnegative().optional(),
  sha256: z.string().optional(),
});

const rangesSchema = z.array(z.tuple([z.int().nonnegative(), z.int().positive()]));

const headSchema = z.object({
  version: z.literal(2),
  identity: identitySchema,
  validator: z.object({ origin: z.string(), entityTag: z.string() }).optional(),
  total: z.int().nonnegative().optional(),
  flushed: rangesSchema,
});

const journalSchema = z.object({
  boot: z.string(),
  written: rangesSchema,
});

export interface FileIdentity {
  readonly key: string;
  readonly size?: number | undefined;
  readonly sha256?: string | undefined;
}

interface RecordedSource {
  readonly identity: FileIdentity;
  readonly validator: Validator | undefined;
  /** Size of the whole file as the host said. */
  readonly total?: number | undefined;
}

/**
 * The first line of a record. It never contains a signed URL, which is a secret.
 *
 * Each checkpoint replaces the record after the bytes were flushed, so the first line is true even after a power loss.
 * The other lines are the journal: ranges that were written since. These bytes survive a crash of the process, but not
 * of the system, so they count only until the next boot. A line that was cut off is ignored.
 */
export interface PartRecord extends RecordedSource {
  readonly flushed: readonly ByteRange[];
}

export interface FoundRecord extends RecordedSource {
  readonly ranges: readonly ByteRange[];
}

/** A record cannot be written at this moment, which puts no bytes at risk. */
export class RecordError extends FileSystemError {}

/** Reads a record; undefined if missing or invalid. @throws the system's error */
export function readPartRecord(path: string, boot: string): FoundRecord | undefined {
  const [first = '', ...rest] = (readPlainText(path) ?? '').split('\n');
  const head = parseLine(first, headSchema);
  if (!head) return undefined;
  const journal = rest.map((line) => parseLine(line, journalSchema)).findLast((line) => line !== undefined);
  const ranges = journal?.boot === boot ? journal.written : head.flushed;
  return { identity: head.identity, validator: head.validator, total: head.total, ranges };
}

/** Returns the key of the file that a part file belongs to; undefined without a valid record. */
export function partFileKey(path: string): string | undefined {
  const [first = ''] = (tryReadText(path) ?? '').split('\n', 1);
  return parseLine(first, headSchema)?.identity.key;
}

export interface Written {
  readonly boot: string;
  readonly written: readonly ByteRange[];
}

/** Replaces the record. Only while holding the target's lock. @throws FileSystemError */
export async function writePartRecord(
  path: string,
  record: PartRecord,
  written: Written,
  options: BusyOptions = {},
): Promise<void> {
  const content = `${JSON.stringify({ version: 2, ...record })}\n${JSON.stringify(written)}\n`;
  await writeAtomic(path, content, { lock: path, needsFolder: true, ...options });
}

/** Appends to the journal without flushing; returns whether the record exists. @throws the system's error */
export function appendWritten(path: string, written: Written): boolean {
  const file = openPlainFile(path, constants.O_WRONLY | constants.O_APPEND);
  if (file === undefined) return false;
  try {
    writeFileSync(file, `${JSON.stringify(written)}\n`);
    return true;
  } finally {
    closeSync(file);
  }
}

/** Removes the record, also for the case of a power loss: it must not be believed of other bytes. */
export async function removePartRecord(
  path: string,
  open: typeof openFile,
  options: BusyOptions = {},
): Promise<void> {
  // Nobody reads a folder as a record.
  if (!statPath(path)?.isDirectory()) await retryWhileBusy(path, () => removeIfExists(path), options);
  await syncDirectory(dirname(path), open);
}

/** Whether bytes recorded for one file may be resumed as another. A SHA256 has the last word, so the rest are hints. */
export function isSameFile(recorded: FileIdentity, wanted: FileIdentity): boolean {
  if (recorded.key !== wanted.key) return false;
  if (wanted.sha256 !== undefined) return recorded.sha256 === undefined || recorded.sha256 === wanted.sha256;
  return recorded.sha256 === undefined && recorded.size === wanted.size;
}

export interface RecordedPart {
  readonly done: RangeSet;
  readonly validator: Validator | undefined;
  readonly total: number | undefined;
}

/** Writes the record of an open part file. Its methods must not overlap. */
export class PartRecordWriter {
  readonly #path: string;
  readonly #identity: FileIdentity;
  readonly #boot: string;
  readonly #part: RecordedPart;
  #flushed: readonly ByteRange[] = [];
  #recordedBytes: number;
  #exists: boolean;

  constructor(path: string, identity: FileIdentity, boot: string, part: RecordedPart) {
    this.#path = path;
    this.#identity = identity;
    this.#boot = boot;
    this.#part = part;
    this.#recordedBytes = part.done.size;
    this.#exists = this.#recordedBytes > 0;
  }

  get exists(): boolean {
    return this.#exists;
  }

  /** @throws RecordError; another error if the folder is missing */
  async journal(): Promise<void> {
    const { size } = this.#part.done;
    if (size === this.#recordedBytes) return;
    if (!this.#exists) return this.checkpoint(this.#flushed);
    this.#recordedBytes = size;
    if (!(await this.#write(() => appendWritten(this.#path, this.#written())))) {
      // Someone has removed the record, or put something else in its place.
      await this.checkpoint(this.#flushed);
    }
  }

  /** @throws RecordError; another error if the folder is missing */
  async checkpoint(flushed: readonly ByteRange[], options: BusyOptions = {}): Promise<void> {
    this.#flushed = flushed;
    this.#recordedBytes = this.#part.done.size;
    const { validator, total } = this.#part;
    const record = { identity: this.#identity, validator, total, flushed };
    // By default, the next checkpoint is the next try.
    const once = { busyTimeoutMs: 0, ...options };
    await this.#write(() => writePartRecord(this.#path, record, this.#written(), once));
    this.#exists = true;
  }

  /** Removes the record of a part file that was emptied. */
  async reset(open: typeof openFile, options: BusyOptions = {}): Promise<void> {
    this.#flushed = [];
    this.#recordedBytes = 0;
    this.#exists = false;
    await removePartRecord(this.#path, open, options);
  }

  #written(): Written {
    return { boot: this.#boot, written: this.#part.done.ranges };
  }

  async #write<T>(write: () => T | Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      const failure = toFileSystemError(error, this.#path, 'write');
      if (systemCode(error) === 'ENOENT' || !(failure instanceof FileSystemError)) throw failure;
      throw new RecordError(failure.code, failure.message, { cause: failure });
    }
  }
}

function parseLine<T>(line: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
