import { existsSync } from 'node:fs';
import { tryToRemove } from '../disk/files.js';
import { mayBeThere } from '../disk/fingerprint.js';
import { beside, PART, RECORD } from '../disk/paths.js';
import { temporaryBeside } from '../disk/temporary-path.js';

/** Files beside a target that nobody needs any more whose turn has ended. */
function temporariesOf(target: string): readonly string[] {
  const record = beside(target, RECORD);
  return [temporaryBeside(target, target), temporaryBeside(record, record)];
}

/** Whether somebody may have been killed at the target just before it was whole, or just after that. */
export function hasLeftovers(target: string): boolean {
  return [beside(target, RECORD), ...temporariesOf(target)].some(mayBeThere);
}

/** Removes what a process has left that was killed in the middle of a step. Only in one's turn. */
export function removeTemporaries(target: string): void {
  // Hardly ever is there one, and a look is cheaper than an error.
  for (const path of temporariesOf(target)) if (existsSync(path)) tryToRemove(path);
}

/**
 * Removes what a run may have left that ended between the last two steps, for a target that is whole. Where there is a
 * part file, somebody was about to replace the target, and the record is of use. Only in one's turn.
 */
export function removeLeftovers(target: string): void {
  removeTemporaries(target);
  if (!mayBeThere(beside(target, PART))) tryToRemove(beside(target, RECORD));
}
