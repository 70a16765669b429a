import type { FileHandle } from 'node:fs/promises';

/** Reads parts of a file that may be larger than the memory. */
export interface ByteReader {
  readonly size: number;
  /** Returns fewer bytes at the end of the file. */
  read(position: number, length: number): Promise<Buffer>;
}

/** Holds some heads of small chunks, which follow each other by the thousand. */
const WINDOW_BYTES = 16 * 1024;

export function createByteReader(handle: FileHandle, size: number): ByteReader {
  let start = 0;
  let window: Buffer = Buffer.alloc(0);
  return {
    size,
    async read(position, length) {
      const end = Math.min(position + length, size);
      if (position < start || end > start + window.length) {
        window = await readAt(handle, position, Math.min(Math.max(length, WINDOW_BYTES), size - position));
        start = position;
      }
      return window.subarray(position - start, Math.max(position, end) - start);
    },
  };
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(Math.max(0, length));
  let count = 0;
  while (count < bytes.length) {
    const { bytesRead } = await handle.read(bytes, count, bytes.length - count, position + count);
    if (bytesRead === 0) break;
    count += bytesRead;
  }
  return bytes.subarray(0, count);
}
