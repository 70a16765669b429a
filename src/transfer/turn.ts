import { FileSystemError } from '../errors.js';
import { fileFailure } from '../file-failure.js';
import { inFolder } from '../in-folder.js';
import type { Lock } from '../lock.js';
import { beside } from './part-file.js';

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
  try {
    return { hasWaited: false, end: await inFolder(path, () => lock(path, { signal, patience: 0 })) };
  } catch (error) {
    if (!(error instanceof FileSystemError)) throw fileFailure(error, target, 'write');
    // The lock's own name says nothing to a user.
    if (error.code !== 'locked') throw fileFailure(error.cause ?? error, target, 'write');
  }
  onWaiting();
  return { hasWaited: true, end: await lock(path, { signal, patience: Number.POSITIVE_INFINITY }) };
}
