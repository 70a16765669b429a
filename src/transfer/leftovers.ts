import { existsSync } from 'node:fs';
import { tryRemove } from '../disk/files.js';
import { mayExist } from '../disk/fingerprint.js';
import { PART, RECORD, sidecarPath } from '../disk/paths.js';
import { temporaryPath } from '../disk/temporary-path.js';

/** Files beside a target that nobody needs any more whose turn has ended. */
function temporaryFiles(target: string): readonly string[] {
  const record = sidecarPath(target, RECORD);
  return [temporaryPath(target, target), temporaryPath(record, record)];
}

/** Whether somebody may have been killed at the target just before it was whole, or just after that. */
export function hasStaleFiles(target: string): boolean {
  return [sidecarPath(target, RECORD), ...temporaryFiles(target)].some(mayExist);
}

/** Removes what a process has left that was killed in the middle of a step. Only in one's turn. */
export function removeTemporaries(target: string): void {
  // Hardly ever is there one, and a look is cheaper than an error.
  for (const path of temporaryFiles(target)) if (existsSync(path)) tryRemove(path);
}

/**
 * Removes what a run may have left that ended between the last two steps, for a target that is whole. Where there is a
 * part file, somebody was about to replace the target, and the record is of use. Only in one's turn.
 */
export function removeStale(target: string): void {
  removeTemporaries(target);
  if (!mayExist(sidecarPath(target, PART))) tryRemove(sidecarPath(target, RECORD));
}
