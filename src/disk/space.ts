import { statfsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { FileSystemError } from '../errors.js';
import { formatBytes } from '../text.js';
import { statIfExists } from './files.js';

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
    `Not enough space in ${directory}: ${formatBytes(needed)} needed, ${formatBytes(free)} free.`,
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

/** Bytes that are free where a folder lies; undefined where the system does not tell. */
function freeBytes(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

/**
 * Makes sure that there is room for that many more bytes beside a path, as far as the system tells.
 * @throws FileSystemError `no-space` saying how much is missing
 */
export function assertSpace(path: string, bytes: number): void {
  const free = freeBytes(dirname(path));
  if (free === undefined || free >= bytes) return;
  throw new FileSystemError(
    'no-space',
    `Not enough space for ${basename(path)} in ${dirname(path)}: ${formatBytes(bytes)} needed, ${formatBytes(free)} free.`,
  );
}
