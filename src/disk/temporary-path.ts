import { createHash, randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';

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
