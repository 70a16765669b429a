import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  fsync,
  ftruncate,
  openSync,
  readSync,
  write,
} from 'node:fs';
import { promisify } from 'node:util';
import { DIRECT, isSameFile } from './plain-file.js';

const calls = {
  write: promisify(write),
  truncate: promisify(ftruncate),
  datasync: promisify(fdatasync),
  sync: promisify(fsync),
};

/** An open file or folder. Steps that wait for the disk run in another thread. All methods throw the system's errors. */
export interface DiskFile {
  readonly size: number;
  /** Whether a path names this very file; false if the file is closed. */
  isAt(path: string): boolean;
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Returns the first bytes; fewer if the file has no more. */
  readBeginning(length: number): Buffer;
  /** Cuts the file off, or extends it with zeros. */
  truncate(size: number): Promise<void>;
  datasync(): Promise<void>;
  /** Flushes metadata, too. */
  sync(): Promise<void>;
  /** Does nothing if the file is closed. */
  close(): void;
}

/** @param flags as of Node; `r+` does not follow a link, and `wx+` creates the file, which must not exist */
export function openFile(path: string, flags: string): DiskFile {
  return new OpenFile(openSync(path, flags === 'r+' ? constants.O_RDWR | DIRECT : flags));
}

/** Writes all bytes with a function that may write a part of them, and returns its length. */
export async function writeAll(
  bytes: Uint8Array,
  position: number,
  write: (offset: number, length: number, position: number) => Promise<number>,
): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += await write(done, bytes.length - done, position + done);
}

class OpenFile implements DiskFile {
  #descriptor: number | undefined;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  get size(): number {
    return fstatSync(this.#open()).size;
  }

  isAt(path: string): boolean {
    return this.#descriptor !== undefined && isSameFile(this.#descriptor, path);
  }

  write(bytes: Uint8Array, position: number): Promise<void> {
    return writeAll(bytes, position, async (offset, length, at) => {
      const { bytesWritten } = await calls.write(this.#open(), bytes, offset, length, at);
      return bytesWritten;
    });
  }

  readBeginning(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(this.#open(), bytes, 0, length, 0));
  }

  truncate(size: number): Promise<void> {
    return calls.truncate(this.#open(), size);
  }

  datasync(): Promise<void> {
    return calls.datasync(this.#open());
  }

  sync(): Promise<void> {
    return calls.sync(this.#open());
  }

  close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined) closeSync(descriptor);
  }

  /** The system reuses the number of a closed file. */
  #open(): number {
    if (this.#descriptor === undefined) throw new Error('The file is closed.');
    return this.#descriptor;
  }
}
