import { closeSync, fdatasync, fstatSync, fsync, ftruncate, openSync, write } from 'node:fs';
import { promisify } from 'node:util';

const calls = {
  write: promisify(write),
  truncate: promisify(ftruncate),
  datasync: promisify(fdatasync),
  sync: promisify(fsync),
};

/**
 * A file, or a folder, that is open. What may have to wait for the disk is handed to another thread; the rest is done at
 * once, since the handing over takes longer. Everything throws the system's errors.
 */
export interface DiskFile {
  /** Bytes. */
  readonly size: number;
  /** Writes all bytes at a place, however few of them the system takes at a time. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Cuts it off, or fills it up with zeros. */
  truncate(size: number): Promise<void>;
  /** Makes the bytes last through a power loss. */
  datasync(): Promise<void>;
  /** The same for everything that is known of it. */
  sync(): Promise<void>;
  /** Does nothing when it is closed already. */
  close(): void;
}

/** @param flags as `open` of `node:fs` has them */
export function openFile(path: string, flags: string): DiskFile {
  return new OpenFile(openSync(path, flags));
}

/** @param write writes some of the bytes at a place of the file, and says how many */
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

  write(bytes: Uint8Array, position: number): Promise<void> {
    return writeAll(bytes, position, async (offset, length, at) => {
      const { bytesWritten } = await calls.write(this.#open(), bytes, offset, length, at);
      return bytesWritten;
    });
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

  /** The system gives the number of a closed file to another one. */
  #open(): number {
    if (this.#descriptor === undefined) throw new Error('The file is closed.');
    return this.#descriptor;
  }
}
