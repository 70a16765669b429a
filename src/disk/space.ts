import { statfsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { FileSystemError } from '../errors.js';
import { formatBytes } from '../text.js';
import { statIfExists } from './files.js';

/** `MSDOS_SUPER_MAGIC` of Linux. */
const FAT_TYPE = 0x4d44;
const FAT_MAX_BYTES = 2 ** 32 - 1;

export interface FileSystem {
  readonly device: number;
  readonly freeBytes: number;
}

/** Returns the file system of a folder, which need not exist yet; undefined if it cannot be determined. */
export function fileSystemOf(directory: string): FileSystem | undefined {
  for (let path = directory; ; path = dirname(path)) {
    const stats = statIfExists(path);
    if (stats) {
      const freeBytes = readFreeBytes(path);
      return freeBytes === undefined ? undefined : { device: stats.dev, freeBytes };
    }
    if (dirname(path) === path) return undefined;
  }
}

function readFreeBytes(folder: string): number | undefined {
  try {
    const { blocks, bavail, bsize } = statfsSync(folder);
    // Some network drives report 0 of 0 bytes instead of an unknown number.
    return blocks > 0 ? bavail * bsize : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a folder is on a FAT file system of Linux. */
function isFat(folder: string): boolean {
  try {
    return statfsSync(folder).type === FAT_TYPE;
  } catch {
    return false;
  }
}

/**
 * Checks that a file can grow, if its file system is known.
 * @throws FileSystemError with code `no-space` or `file-too-large`
 */
export function assertSpace(path: string, bytes: number): void {
  const directory = dirname(path);
  if (bytes > FAT_MAX_BYTES && isFat(directory)) {
    throw new FileSystemError(
      'file-too-large',
      `${directory} is on a FAT file system, whose files end at 4 GiB: ${basename(path)} needs ${formatBytes(bytes)}.`,
    );
  }
  const free = readFreeBytes(directory);
  if (free !== undefined && free < bytes)
    throw notEnough('no-space', `for ${basename(path)} in ${directory}`, bytes, free);
}

export interface Reservation {
  setRemaining(bytes: number): void;
  release(): void;
}

/** Reserves disk space for all files of a run before any of them is written. */
export class Space {
  readonly #reserved = new Map<number, Set<{ bytes: number }>>();

  /** @throws FileSystemError with code `too-little-space`, if this and earlier reservations do not fit */
  reserve(directory: string, bytes: number): Reservation {
    const fileSystem = bytes > 0 ? fileSystemOf(directory) : undefined;
    if (!fileSystem) return { setRemaining() {}, release() {} };
    const { device, freeBytes } = fileSystem;
    const reserved = this.#reserved.get(device) ?? new Set();
    this.#reserved.set(device, reserved);
    const needed = [...reserved].reduce((sum, one) => sum + one.bytes, bytes);
    if (needed > freeBytes) throw notEnough('too-little-space', `in ${directory}`, needed, freeBytes);
    const own = { bytes };
    reserved.add(own);
    return {
      setRemaining: (rest) => {
        own.bytes = rest;
      },
      release: () => reserved.delete(own),
    };
  }
}

function notEnough(
  code: 'no-space' | 'too-little-space',
  where: string,
  needed: number,
  free: number,
): FileSystemError {
  const message = `Not enough space ${where}: ${formatBytes(needed)} needed, ${formatBytes(free)} free.`;
  return new FileSystemError(code, message);
}
