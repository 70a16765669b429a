import { createHash, randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';

/** What is appended to a target's name for its part file, and for the record of that. */
export const PART = '.part';
export const RECORD = '.part.json';

/** Bytes. */
const MAX_NAME_BYTES = 255;

/** A name beside the target, cut where it would be too long; the checksum keeps cut names apart. */
export function sidecarPath(target: string, suffix: string): string {
  const name = basename(target);
  if (Buffer.byteLength(name + suffix) <= MAX_NAME_BYTES) return target + suffix;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 16);
  return join(dirname(target), digest + suffix);
}

/**
 * Where a file lies until it is whole and gets its own name: beside that, under a short name, since the target's with
 * something appended could be too long.
 * @param lock keeps others from writing the target at the same time, if anything does: its path. The name is the same
 * each time then, so that what a killed process has left under it is found.
 */
export function temporaryPath(target: string, lock?: string): string {
  const mark = lock === undefined ? randomBytes(6).toString('hex') : digest(`${lock}\0${target}`);
  return join(dirname(target), `.${mark}.tmp`);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** A path that a user typed, `~` in front of it being the home folder. */
export function expandHome(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? home + path.slice(1) : path;
}
