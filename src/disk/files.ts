import { existsSync, mkdirSync, readFileSync, type Stats, statSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoCode } from './errors.js';

/**
 * Makes a file, and its folders only where they turn out to be missing: most files come into a folder that is there.
 * @param mode permissions of folders that have to be made
 * @throws what `make` throws, or the system's error
 */
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

/**
 * Removes a small file, if it is there.
 * @throws the system's error
 */
export function removeIfExists(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
  }
}

/** The same, whatever is in the way. */
export function tryRemove(path: string): void {
  try {
    removeIfExists(path);
  } catch {
    // It is in nobody's way.
  }
}

/**
 * Makes a folder with all that it lies in, as far as they are missing.
 * @param mode permissions of those that are made
 * @throws the system's error
 */
export function makeDir(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { recursive: true, mode });
  } catch (error) {
    // Node takes a file system that is read-only for a missing folder: one step alone says what is wrong.
    if (errnoCode(error) === 'ENOENT') mkdirSync(firstMissing(path), { mode });
    throw error;
  }
}

function firstMissing(path: string): string {
  const parent = dirname(path);
  return parent === path || existsSync(parent) ? path : firstMissing(parent);
}

/** The text of a small file; undefined where there is none that can be read. */
export function readTextIfExists(path: string): string | undefined {
  try {
    // Many are not there, and a look is cheaper than an error.
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

/** Whether there is something under a path. What can't be looked at may well be there. */
export function mayExist(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

/** What the system knows of a path; undefined where there is nothing, or it can't be looked at. */
export function statIfExists(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
