import { existsSync, lstatSync, mkdirSync, readFileSync, type Stats, statSync, unlinkSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoCode, toFileSystemError } from './errors.js';

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

/** Reads a small file; returns undefined if it is missing. @throws FileSystemError */
export function readIfExists(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw toFileSystemError(error, path, 'read');
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
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
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

/** Creates a folder and its missing parents. @throws the system's error */
export function makeDir(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { recursive: true, mode });
  } catch (error) {
    // Node reports a read-only file system as a missing folder; a single step reports the real error.
    if (errnoCode(error) === 'ENOENT') mkdirSync(firstMissing(path), { mode });
    throw error;
  }
}

function firstMissing(path: string): string {
  const parent = dirname(path);
  return parent === path || existsSync(parent) ? path : firstMissing(parent);
}

/** Creates a file with `make`, and its folder only if that is missing. @throws as `make`, or the system's error */
export async function withParentDir<T>(path: string, make: () => T | Promise<T>, mode = 0o777): Promise<T> {
  try {
    return await make();
  } catch (error) {
    const code = errnoCode(error) ?? (error instanceof Error ? errnoCode(error.cause) : undefined);
    if (code !== 'ENOENT') throw error;
  }
  makeDir(dirname(path), mode);
  return make();
}
