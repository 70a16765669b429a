import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoCode } from './errors.js';

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
