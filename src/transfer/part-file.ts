import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileFailure } from '../file-failure.js';
import { type FileIdentity, isSameFile, readPartRecord, writePartRecord } from './part-record.js';
import type { Validator } from './range.js';

/** Bytes after which what was received is flushed and recorded: so much is fetched again after a power loss at most. */
const CHECKPOINT = 64 * 1024 * 1024;
const LONGEST_NAME = 255;
const PART = '.part';
const RECORD = '.part.json';

/**
 * The one owner of a half-written file: it lies beside its target under another name, with a record of how much of it
 * is safely on disk, and becomes the target only when it is complete and verified.
 */
export interface PartFile {
  /** Bytes from the beginning on that are there. */
  readonly front: number;
  /** Of the response that the bytes came from. */
  validator: Validator | undefined;
  /** Appends at the front. */
  append(buffers: readonly Buffer[]): Promise<void>;
  /** Reads what is there, piece by piece, in order. */
  read(take: (piece: Buffer) => void): Promise<void>;
  /** Forgets all bytes. */
  restart(): Promise<void>;
  /** Flushes, records and closes, for a later run to go on. */
  suspend(): Promise<void>;
  /** Flushes and moves to the target. */
  commit(): Promise<void>;
  /** Removes the file and its record. */
  discard(): Promise<void>;
}

/**
 * Opens the part file of a target, with the bytes of an earlier run when they belong to the same file.
 * @throws FileSystemError, as all methods do
 */
export async function openPartFile(target: string, identity: FileIdentity): Promise<PartFile> {
  const paths = { target, part: beside(target, PART), record: beside(target, RECORD) };
  try {
    await mkdir(dirname(target), { recursive: true });
    const record = await readPartRecord(paths.record);
    const kept =
      record && isSameFile(record.identity, identity) ? await keptBytes(paths.part, record.done) : 0;
    const handle = await open(paths.part, kept > 0 ? 'r+' : 'w+');
    await handle.truncate(kept);
    return new OpenPartFile(paths, identity, handle, kept, kept > 0 ? record?.validator : undefined);
  } catch (error) {
    throw fileFailure(error, paths.part, 'write');
  }
}

/** A name beside the target, cut where it would be too long; the checksum keeps cut names apart. */
function beside(target: string, suffix: string): string {
  const name = basename(target);
  if (Buffer.byteLength(name + suffix) <= LONGEST_NAME) return target + suffix;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 16);
  return join(dirname(target), digest + suffix);
}

/** How many bytes of a part file its record vouches for, if the file really has them. */
async function keptBytes(part: string, done: readonly (readonly [number, number])[]): Promise<number> {
  const [first] = done;
  const front = first?.[0] === 0 ? first[1] : 0;
  const size = await stat(part).then(
    (stats) => stats.size,
    () => 0,
  );
  return front <= size ? front : 0;
}

interface Paths {
  readonly target: string;
  readonly part: string;
  readonly record: string;
}

class OpenPartFile implements PartFile {
  readonly #paths: Paths;
  readonly #identity: FileIdentity;
  readonly #handle: FileHandle;
  #front: number;
  #recorded: number;
  validator: Validator | undefined;

  constructor(
    paths: Paths,
    identity: FileIdentity,
    handle: FileHandle,
    front: number,
    validator: Validator | undefined,
  ) {
    this.#paths = paths;
    this.#identity = identity;
    this.#handle = handle;
    this.#front = front;
    this.#recorded = front;
    this.validator = validator;
  }

  get front(): number {
    return this.#front;
  }

  async append(buffers: readonly Buffer[]): Promise<void> {
    await this.#guard('write', async () => {
      this.#front += await writeAll(this.#handle, buffers, this.#front);
      if (this.#front - this.#recorded >= CHECKPOINT) await this.#checkpoint();
    });
  }

  async read(take: (piece: Buffer) => void): Promise<void> {
    const piece = Buffer.allocUnsafe(1024 * 1024);
    await this.#guard('read', async () => {
      for (let position = 0; position < this.#front; ) {
        const wanted = Math.min(piece.length, this.#front - position);
        const { bytesRead } = await this.#handle.read(piece, 0, wanted, position);
        if (bytesRead === 0) throw new Error(`${this.#paths.part} became shorter while it was read.`);
        take(piece.subarray(0, bytesRead));
        position += bytesRead;
      }
    });
  }

  async restart(): Promise<void> {
    this.#front = 0;
    this.#recorded = 0;
    this.validator = undefined;
    await this.#guard('write', async () => {
      // The record goes first: it must never claim a byte that the file does not have.
      await rm(this.#paths.record, { force: true });
      await this.#handle.truncate(0);
    });
  }

  async suspend(): Promise<void> {
    if (this.#front === 0) return this.discard();
    try {
      await this.#checkpoint();
      await this.#handle.close();
    } catch {
      // Without a record the bytes are of no use to a later run.
      await this.discard();
    }
  }

  async commit(): Promise<void> {
    await this.#guard('write', () => this.#handle.sync()).finally(() => this.#handle.close());
    try {
      await rename(this.#paths.part, this.#paths.target);
      await syncFolder(dirname(this.#paths.target));
      await rm(this.#paths.record, { force: true });
    } catch (error) {
      throw fileFailure(error, this.#paths.target, 'create');
    }
  }

  async discard(): Promise<void> {
    await this.#handle.close();
    await this.#guard('remove', async () => {
      await rm(this.#paths.record, { force: true });
      await rm(this.#paths.part, { force: true });
    });
  }

  /** Data first, then the record, so that the record stays true whenever the power goes. */
  async #checkpoint(): Promise<void> {
    await this.#handle.datasync();
    await writePartRecord(this.#paths.record, {
      version: 1,
      identity: this.#identity,
      validator: this.validator,
      done: [[0, this.#front]],
    });
    this.#recorded = this.#front;
  }

  async #guard(action: string, operation: () => Promise<void>): Promise<void> {
    try {
      await operation();
    } catch (error) {
      throw fileFailure(error, this.#paths.part, action);
    }
  }
}

/** Writes all bytes, however few of them the system takes at a time; returns how many they are. */
async function writeAll(handle: FileHandle, buffers: readonly Buffer[], position: number): Promise<number> {
  const { bytesWritten } = await handle.writev([...buffers], position);
  const size = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
  if (bytesWritten === size) return size;
  const rest = Buffer.concat(buffers).subarray(bytesWritten);
  return bytesWritten + (await writeAll(handle, [rest], position + bytesWritten));
}

/** Makes a rename last through a power loss; not every system allows a folder to be opened, and those need no such step. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
