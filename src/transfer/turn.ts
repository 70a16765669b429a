import { stat } from 'node:fs/promises';
import { FileSystemError } from '../errors.js';
import { fileFailure } from '../file-failure.js';
import { inFolder } from '../in-folder.js';
import type { Lock } from '../lock.js';
import { beside, hasLeftovers, removeLeftovers, removeTemporaries } from './part-file.js';

const LOCK = '.part.lock';

/** The right to write a target's part file, which one process has at a time. */
export interface Turn {
  /** Whether somebody else had it before. */
  readonly hasWaited: boolean;
  /** Gives it back. */
  readonly end: () => Promise<void>;
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
export async function takeTurn(target: string, { lock, signal, onWaiting }: TurnDeps): Promise<Turn> {
  const path = beside(target, LOCK);
  const free = await inFolder(path, () => takeFree(path, { lock, signal })).catch((error: unknown) => {
    // The lock's own name says nothing to a user.
    throw fileFailure(error instanceof FileSystemError ? (error.cause ?? error) : error, target, 'write');
  });
  if (!free) onWaiting();
  const end = free ?? (await lock(path, { signal, patience: Number.POSITIVE_INFINITY }));
  await removeTemporaries(target);
  return { hasWaited: !free, end };
}

/**
 * Removes what a killed process may have left beside a target that is whole, unless somebody is at it.
 * @throws the signal's reason
 */
export async function tidyUp(target: string, { lock, signal }: Omit<TurnDeps, 'onWaiting'>): Promise<void> {
  const path = beside(target, LOCK);
  const isLocked = await stat(path).then(
    () => true,
    () => false,
  );
  if (!isLocked && !(await hasLeftovers(target))) return;
  const end = await takeFree(path, { lock, signal }).catch(() => signal.throwIfAborted());
  if (!end) return;
  await removeLeftovers(target);
  await end();
}

/** Undefined where somebody else has it. */
async function takeFree(path: string, { lock, signal }: Omit<TurnDeps, 'onWaiting'>) {
  try {
    return await lock(path, { signal, patience: 0 });
  } catch (error) {
    if (error instanceof FileSystemError && error.code === 'locked') return undefined;
    throw error;
  }
}
