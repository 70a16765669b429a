import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { toFileSystemError } from '../disk/errors.js';
import { withParentDir } from '../disk/files.js';
import type { Lock } from '../disk/lock.js';
import { makeDir } from '../disk/make-folder.js';
import { sidecarPath } from '../disk/paths.js';
import { FileSystemError } from '../errors.js';
import { hasStaleFiles, removeStale, removeTemporaries } from './leftovers.js';

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
  const end = await takeFree(path, { lock, signal }).catch(() => signal.throwIfAborted());
  if (!end) return;
  removeStale(target);
  await end();
}

async function takeInFolder(path: string, deps: Omit<TurnDeps, 'onWaiting'>) {
  // The first file of a model finds no folder, and an error costs more than a look.
  if (!existsSync(dirname(path))) makeDir(dirname(path));
  // Somebody may remove it at this very moment.
  return withParentDir(path, () => takeFree(path, deps));
}

/** Undefined where somebody else has it. */
async function takeFree(path: string, { lock, signal }: Omit<TurnDeps, 'onWaiting'>) {
  try {
    return await lock(path, { signal, timeoutMs: 0 });
  } catch (error) {
    if (error instanceof FileSystemError && error.code === 'locked') return undefined;
    throw error;
  }
}
