import { dirname } from 'node:path';
import { FileSystemError } from '../errors.js';
import { formatBytes } from '../format-bytes.js';
import { statIfExists } from './fingerprint.js';
import { freeBytes } from './free-space.js';

/** Bytes that are about to be written, for which there is room. */
export interface Reservation {
  /** So many bytes of it are still to be written. */
  missing(bytes: number): void;
  /** Nothing more will be written. */
  end(): void;
}

/** Where bytes lie. */
export interface FileSystem {
  /** Its number, as `stat` gives it. */
  readonly device: number;
  /** Bytes. */
  readonly free: number;
}

/** Room on file systems for all that a run is about to write, before any of it is. */
export class Space {
  readonly #promised = new Map<number, Set<{ bytes: number }>>();

  /**
   * @param directory where the bytes will lie; it need not be there yet
   * @param bytes 0 where nothing or nothing known will be written
   * @throws FileSystemError `too-little-space` when there is not enough for these and all that were reserved before
   */
  reserve(directory: string, bytes: number): Reservation {
    const found = bytes > 0 ? fileSystemOf(directory) : undefined;
    if (!found) return { missing() {}, end() {} };
    const promised = this.#promised.get(found.device) ?? new Set();
    this.#promised.set(found.device, promised);
    const others = [...promised].reduce((sum, one) => sum + one.bytes, 0);
    if (others + bytes > found.free) throw notEnough(directory, others + bytes, found.free);
    const own = { bytes };
    promised.add(own);
    return {
      missing: (rest) => {
        own.bytes = rest;
      },
      end: () => promised.delete(own),
    };
  }
}

function notEnough(directory: string, needed: number, free: number): FileSystemError {
  return new FileSystemError(
    'too-little-space',
    `What is asked for needs ${formatBytes(needed)} more in ${directory}, but only ${formatBytes(free)} are free there: ${formatBytes(needed - free)} are missing.`,
  );
}

/** The file system of a folder that is or will be there; undefined where the system does not tell. */
export function fileSystemOf(directory: string): FileSystem | undefined {
  for (let path = directory; ; path = dirname(path)) {
    const fileSystem = found(path);
    if (fileSystem || dirname(path) === path) return fileSystem;
  }
}

function found(path: string): FileSystem | undefined {
  const stats = statIfExists(path);
  const free = freeBytes(path);
  return stats && free !== undefined ? { device: stats.dev, free } : undefined;
}
