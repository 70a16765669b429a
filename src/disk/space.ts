import { statfsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { FileSystemError } from '../errors.js';
import { formatBytes } from '../text.js';
import { statIfExists } from './files.js';

export interface FileSystem {
  readonly device: number;
  readonly freeBytes: number;
}

/** Returns the file system of a folder, which need not exist yet; undefined if it cannot be determined. */
export function fileSystemOf(directory: string): FileSystem | undefined {
  for (let path = directory; ; path = dirname(path)) {
    const fileSystem = readFileSystem(path);
    if (fileSystem || dirname(path) === path) return fileSystem;
  }
}

function readFileSystem(path: string): FileSystem | undefined {
  const stats = statIfExists(path);
  const freeBytes = readFreeBytes(path);
  return stats && freeBytes !== undefined ? { device: stats.dev, freeBytes } : undefined;
}

function readFreeBytes(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

/** Checks that a file can grow, if its file system is known. @throws FileSystemError with code `no-space` */
export function assertSpace(path: string, bytes: number): void {
  const directory = dirname(path);
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
