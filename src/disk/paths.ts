import { createHash, randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { MAX_NAME_BYTES } from './safe-name.js';

/** Suffixes of a target's part file and of the part file's record. */
export const PART = '.part';
export const RECORD = '.part.json';

/** Returns a path next to a target. A name that would be too long is replaced by its hash. */
export function sidecarPath(target: string, suffix: string): string {
  const name = basename(target);
  if (Buffer.byteLength(name + suffix) <= MAX_NAME_BYTES) return target + suffix;
  return join(dirname(target), shortHash(name, 16) + suffix);
}

/**
 * Returns the path under which a file is written before it is renamed to its target, in the same folder. The name is
 * short, since the target's name with a suffix could be too long.
 * @param lock path of the lock that keeps other processes from writing the target, if any. The name is always the same
 * then, so that the file of a killed process is found.
 */
export function temporaryPath(target: string, lock?: string): string {
  const name = lock === undefined ? randomBytes(6).toString('hex') : shortHash(`${lock}\0${target}`, 12);
  return join(dirname(target), `.${name}.tmp`);
}

/** Returns the first digits of a text's SHA256. */
export function shortHash(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

/** Replaces a leading `~` of a path by the home folder. */
export function expandHome(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? home + path.slice(1) : path;
}
