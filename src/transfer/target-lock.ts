import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileFailure } from '../disk/errors.js';
import { inFolder } from '../disk/files.js';
import type { Lock } from '../disk/lock.js';
import { makeFolder } from '../disk/make-folder.js';
import { beside } from '../disk/paths.js';
import { FileSystemError } from '../errors.js';
import { hasLeftovers, removeLeftovers, removeTemporaries } from './leftovers.js';

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
  const free = await takeInFolder(path, { lock, signal }).catch((error: unknown) => {
    // The lock's own name says nothing to a user.
    throw fileFailure(error instanceof FileSystemError ? (error.cause ?? error) : error, target, 'write');
  });
  if (!free) onWaiting();
  const end = free ?? (await lock(path, { signal, patience: Number.POSITIVE_INFINITY }));
  removeTemporaries(target);
  return { hasWaited: !free, end };
}

/**
 * Removes what a killed process may have left beside a target that is whole, unless somebody is at it.
 * @throws the signal's reason
 */
export async function tidyUp(target: string, { lock, signal }: Omit<TurnDeps, 'onWaiting'>): Promise<void> {
  const path = beside(target, LOCK);
  if (!existsSync(path) && !hasLeftovers(target)) return;
  const end = await takeFree(path, { lock, signal }).catch(() => signal.throwIfAborted());
  if (!end) return;
  removeLeftovers(target);
  await end();
}

async function takeInFolder(path: string, deps: Omit<TurnDeps, 'onWaiting'>) {
  // The first file of a model finds no folder, and an error costs more than a look.
  if (!existsSync(dirname(path))) makeFolder(dirname(path));
  // Somebody may remove it at this very moment.
  return inFolder(path, () => takeFree(path, deps));
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
