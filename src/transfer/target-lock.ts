import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { matchesFile } from '../disk/checksum/verify-file.js';
import { toFileSystemError } from '../disk/errors.js';
import { makeDir, mayExist, tryRemove, withParentDir } from '../disk/files.js';
import { type Lock, tryLock } from '../disk/lock.js';
import { PART, RECORD, sidecarPath, temporaryPath } from '../disk/paths.js';
import { FileSystemError } from '../errors.js';
import type { TransferOptions, Transferred, TransferTarget } from './request.js';

const LOCK = '.part.lock';

/** The right to write a target's part file, which one process has at a time. */
export interface TargetLock {
  /** Whether somebody else had it before. */
  readonly waited: boolean;
  /** Gives it back. */
  readonly release: () => Promise<void>;
}

interface TurnDeps {
  readonly lock: Lock;
  readonly signal: AbortSignal;
  /** Told when somebody else has to be waited for. */
  readonly onWaiting: () => void;
}

/**
 * Waits for the right to write a target's part file, however long somebody else needs it. Missing folders are made.
 * @throws FileSystemError, or the signal's reason
 */
export async function lockTarget(target: string, { lock, signal, onWaiting }: TurnDeps): Promise<TargetLock> {
  const path = sidecarPath(target, LOCK);
  const free = await takeInFolder(path, { lock, signal }).catch((error: unknown) => {
    // The lock's own name says nothing to a user.
    throw toFileSystemError(
      error instanceof FileSystemError ? (error.cause ?? error) : error,
      target,
      'write',
    );
  });
  if (!free) onWaiting();
  const end = free ?? (await lock(path, { signal, timeoutMs: Number.POSITIVE_INFINITY }));
  removeTemporaries(target);
  return { waited: !free, release: end };
}

/**
 * Removes what a killed process may have left beside a target that is whole, unless somebody is at it.
 * @throws the signal's reason
 */
export async function removeStaleFiles(
  target: string,
  { lock, signal }: Omit<TurnDeps, 'onWaiting'>,
): Promise<void> {
  const path = sidecarPath(target, LOCK);
  if (!existsSync(path) && !hasStaleFiles(target)) return;
  const end = await tryLock(lock, path, signal).catch(() => signal.throwIfAborted());
  if (!end) return;
  removeStale(target);
  await end();
}

async function takeInFolder(path: string, { lock, signal }: Omit<TurnDeps, 'onWaiting'>) {
  // The first file of a model finds no folder, and an error costs more than a look.
  if (!existsSync(dirname(path))) makeDir(dirname(path));
  // Somebody may remove it at this very moment.
  return withParentDir(path, () => tryLock(lock, path, signal));
}

/** Files beside a target that nobody needs any more whose turn has ended. */
function temporaryFiles(target: string): readonly string[] {
  const record = sidecarPath(target, RECORD);
  return [temporaryPath(target, target), temporaryPath(record, record)];
}

/** Whether somebody may have been killed at the target just before it was whole, or just after that. */
function hasStaleFiles(target: string): boolean {
  return [sidecarPath(target, RECORD), ...temporaryFiles(target)].some(mayExist);
}

/** Removes what a process has left that was killed in the middle of a step. Only in one's turn. */
function removeTemporaries(target: string): void {
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

/**
 * Does something to a target while no other process does. What another process has put there in the meantime is taken
 * as it is when it is right.
 */
export async function withTargetLock<T>(
  request: TransferTarget,
  { lock, signal, onEvent }: Pick<TransferOptions, 'lock' | 'signal' | 'onEvent'>,
  action: () => Promise<T>,
): Promise<T | Transferred> {
  const onWaiting = () => onEvent({ type: 'waiting' });
  const turn = await lockTarget(request.target, { lock, signal, onWaiting });
  try {
    const others = turn.waited ? await findCompleted(request, signal) : undefined;
    return others ?? (await action());
  } finally {
    await turn.release();
  }
}

/** The whole file that another process may have put under the target's name. */
async function findCompleted(request: TransferTarget, signal: AbortSignal): Promise<Transferred | undefined> {
  const verified = await matchesFile(request.target, request, signal);
  if (verified === undefined) return undefined;
  const { size } = await stat(request.target);
  return { size, resumed: size, verified, byOtherProcess: true };
}
