import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  type Stats,
  statSync,
  unlinkSync,
} from 'node:fs';
import { unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FileSystemError } from '../errors.js';
import { errnoCode, systemCode, toFileSystemError } from './errors.js';

/** Whether there is something at a path, including a broken link. @throws FileSystemError */
export function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return false;
    throw toFileSystemError(error, path, 'read');
  }
}

/** Whether there is something at a path, or the path cannot be examined. */
export function mayExist(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

/** Returns the status of a path, or undefined if it is missing or cannot be examined. */
export function statIfExists(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Whether a path is a folder, or a link to one; false if it cannot be examined. */
export function isDirectory(path: string): boolean {
  return statIfExists(path)?.isDirectory() ?? false;
}

/** Reads a small file, or the file that a link leads to; returns undefined if it is missing. @throws FileSystemError */
export function readIfExists(path: string): Buffer | undefined {
  try {
    return readFile(path);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw toFileSystemError(error, path, 'read');
  }
}

/** A FIFO would be waited for, and a device may never end. */
function readFile(path: string): Buffer {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() && !stats.isDirectory())
      throw new FileSystemError('file-system', `Cannot read ${path}: it is not a file.`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** Reads a small text file; returns undefined if it is missing. @throws FileSystemError */
export function readTextIfExists(path: string): string | undefined {
  return readIfExists(path)?.toString('utf8');
}

/** Reads a small text file; returns undefined if it is missing or unreadable. */
export function tryReadText(path: string): string | undefined {
  try {
    // Most files are missing, and a check is cheaper than an error.
    return existsSync(path) ? readTextIfExists(path) : undefined;
  } catch {
    return undefined;
  }
}

/** Removes a small file, if it exists. @throws the system's error */
export function removeIfExists(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
  }
}

/** Removes a small file, if it exists and can be removed. */
export function tryRemove(path: string): void {
  try {
    removeIfExists(path);
  } catch {
    // A file that stays does no harm.
  }
}

/** Removes a file, if it exists, in another thread: freeing gigabytes takes time. @throws the system's error */
export async function removeLargeIfExists(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (errnoCode(error) !== 'ENOENT') throw error;
  });
}

/**
 * Creates a folder and its missing parents, step by step: Node's own recursion never ends where a file system denies that
 * it lacks a folder, as `/proc` does, and misreports a read-only one.
 * @throws the system's error
 */
export function makeDir(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Some systems report missing permissions for a folder that exists.
    if (isDirectory(path)) return;
    const parent = dirname(path);
    if (errnoCode(error) !== 'ENOENT' || parent === path) throw error;
    // If the parent exists now, another process may have created it at this moment.
    if (!existsSync(parent)) makeDir(parent, mode);
    makeOne(path, mode);
  }
}

function makeOne(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Another process may have been faster.
    if (!isDirectory(path)) throw error;
  }
}

/** Returns a folder and those above it that are missing, the deepest first. */
export function missingDirs(path: string): readonly string[] {
  const parent = dirname(path);
  if (existsSync(path)) return [];
  return parent === path ? [path] : [path, ...missingDirs(parent)];
}

/** Removes folders, the deepest first, up to one that is not empty. */
export function removeEmptyDirs(paths: readonly string[]): void {
  try {
    for (const path of paths) rmdirSync(path);
  } catch {
    // It is in use, or never existed.
  }
}

/** Creates a file with `make`, and its folder only if that is missing. @throws as `make`, or the system's error */
export async function withParentDir<T>(path: string, make: () => T | Promise<T>, mode = 0o777): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
  makeDir(dirname(path), mode);
  return make();
}
