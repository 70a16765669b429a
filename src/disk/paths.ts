import { createHash } from 'node:crypto';
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
