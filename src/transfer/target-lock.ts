import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { matchesFile } from '../disk/checksum/verify-file.js';
import { toFileSystemError } from '../disk/errors.js';
import { exists, makeDir, mayExist, tryRemove, withParentDir } from '../disk/files.js';
import { type Lock, tryLock } from '../disk/lock.js';
import { PART, RECORD, sidecarPath, temporaryPath } from '../disk/paths.js';
import { statPath } from '../disk/plain-file.js';
import { FileSystemError } from '../errors.js';
import type { TargetLockContext, Transferred, TransferTarget } from './request.js';

const LOCK = '.part.lock';

export interface TargetLock {
  /** Whether another process held it before. */
  readonly waited: boolean;
  readonly release: () => Promise<void>;
}

interface LockOptions {
  readonly lock: Lock;
  readonly signal: AbortSignal;
}

interface TargetLockOptions extends LockOptions {
  readonly onWaiting: () => void;
}

/** Waits without a time limit for the lock of a target, and makes missing folders. */
export async function lockTarget(target: string, options: TargetLockOptions): Promise<TargetLock> {
  const { lock, signal, onWaiting } = options;
  const path = sidecarPath(target, LOCK);
  const free = await tryLockInDirectory(path, options).catch((error: unknown) => {
    // An error of the lock file would not name the target.
    throw toFileSystemError(
      error instanceof FileSystemError ? (error.cause ?? error) : error,
      target,
      'write',
    );
  });
  if (!free) onWaiting();
  const release = free ?? (await lock(path, { signal, timeoutMs: Number.POSITIVE_INFINITY }));
  removeTemporaries(target);
  return { waited: !free, release };
}

/** Removes stale files of killed processes next to a complete target, unless another process holds the lock. */
export async function removeStaleFiles(target: string, { lock, signal }: LockOptions): Promise<void> {
  const path = sidecarPath(target, LOCK);
  if (!existsSync(path) && !hasStaleFiles(target)) return;
  const release = await tryLock(lock, path, signal).catch(() => signal.throwIfAborted());
  if (!release) return;
  removeStaleSidecars(target);
  await release();
}

async function tryLockInDirectory(path: string, { lock, signal }: LockOptions) {
  // The folder of a new model is missing, and a check costs less than an error.
  if (!existsSync(dirname(path))) makeDir(dirname(path));
  // Another process may remove the folder at this moment.
  return withParentDir(path, () => tryLock(lock, path, signal));
}

function temporaryFiles(target: string): readonly string[] {
  const record = sidecarPath(target, RECORD);
  return [temporaryPath(target, target), temporaryPath(record, record)];
}

function hasStaleFiles(target: string): boolean {
  return [sidecarPath(target, RECORD), ...temporaryFiles(target)].some(mayExist);
}

function removeTemporaries(target: string): void {
  // They rarely exist, and a check costs less than an error.
  for (const path of temporaryFiles(target)) if (statPath(path)) tryRemove(path);
}

/** Removes stale files next to a complete target, but not the record of a part file. Only while holding the lock. */
export function removeStaleSidecars(target: string): void {
  removeTemporaries(target);
  if (!mayExist(sidecarPath(target, PART))) tryRemove(sidecarPath(target, RECORD));
}

/** Runs an action while holding the lock of a target, unless another process completed the target in the meantime. */
export async function withTargetLock<T>(
  request: TransferTarget,
  { lock, signal, onEvent }: TargetLockContext,
  action: () => Promise<T>,
): Promise<T | Transferred> {
  const onWaiting = () => onEvent({ type: 'waiting' });
  const { waited, release } = await lockTarget(request.target, { lock, signal, onWaiting });
  try {
    const completed = waited ? await findCompleted(request, signal) : undefined;
    if (!completed) assertFree(request);
    return completed ?? (await action());
  } finally {
    await release();
  }
}

/** @throws FileSystemError `target-exists` if a file that the request must not replace is at the target */
export function assertFree({ target, mustBeFree }: TransferTarget): void {
  if (mustBeFree && exists(target))
    throw new FileSystemError('target-exists', `${target} is another file that was created meanwhile.`);
}

async function findCompleted(request: TransferTarget, signal: AbortSignal): Promise<Transferred | undefined> {
  const matching = await matchesFile(request.target, request, signal);
  if (!matching) return undefined;
  const { size } = await stat(request.target);
  return { size, resumed: size, ...matching, byOtherProcess: true };
}
