import { createHash, randomUUID } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { FileSystemError } from '../errors.js';
import { errnoCode, toFileSystemError } from './errors.js';
import { removeIfExists } from './files.js';
import { hasExited, identify, type LockOwner, type Processes, parseLockOwner } from './lock-owner.js';

export interface LockOptions {
  /** Ends the waiting, with its reason. */
  readonly signal: AbortSignal;
  /** Milliseconds to wait for another holder at most; with 0 nobody is waited for. A minute where nothing is said. */
  readonly timeoutMs?: number;
}

/**
 * Takes a lock: a file that exists as long as somebody holds it. Its folder has to be there. What a dead process left
 * is taken over at once; what a process of another machine or container holds, whose life can't be seen from here, is
 * taken over when it shows no sign of life for half a minute.
 * @returns what gives the lock back
 * @throws FileSystemError `locked` naming the holder when the patience ends, others when the file can't be made
 */
export type Lock = (path: string, options: LockOptions) => Promise<Release>;

type Release = () => Promise<void>;

/** Milliseconds between two signs of life. */
const HEARTBEAT_MS = 10_000;
const STALE_AFTER_MS = 3 * HEARTBEAT_MS;
/** What is being written right now has its text before that; a process that was killed in between never will. */
const EMPTY_AFTER_MS = 2_000;
const TIMEOUT_MS = 60_000;
/** Milliseconds between two looks, at first and at most. */
const MIN_POLL_MS = 10;
const MAX_POLL_MS = 250;

/** @param staleAfter milliseconds without a sign of life after which a holder elsewhere counts as dead */
export function createLock(processes: Processes, staleAfter: number = STALE_AFTER_MS): Lock {
  let identity: ReturnType<typeof identify> | undefined;
  return async (path, { signal, timeoutMs = TIMEOUT_MS }) => {
    identity ??= identify(processes);
    const text = JSON.stringify({ ...(await identity), token: randomUUID() } satisfies LockOwner);
    const deadline = performance.now() + timeoutMs;
    await acquire(path, { text, processes, staleAfter, deadline, signal });
    const timer = setInterval(() => void heartbeat(path), HEARTBEAT_MS).unref();
    return async () => {
      clearInterval(timer);
      removeOwn(path, text);
    };
  };
}

interface Attempt {
  /** What the file says of us. */
  readonly text: string;
  readonly processes: Processes;
  readonly staleAfter: number;
  /** On the clock of `performance.now()`. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

async function acquire(path: string, attempt: Attempt): Promise<void> {
  let seen: Found | undefined;
  let since = 0;
  for (let look = MIN_POLL_MS; ; look = Math.min(look * 1.2, MAX_POLL_MS)) {
    attempt.signal.throwIfAborted();
    if (create(path, attempt.text)) return;
    const found = find(path);
    if (!found) continue;
    if (found.mark !== seen?.mark) since = performance.now();
    seen = found;
    if (await isAbandoned(found, performance.now() - since, attempt)) {
      if (await takeOverStale(path, found, attempt)) return;
    } else {
      if (performance.now() > attempt.deadline) throw lockedError(path, found.text);
      await wait(look, undefined, { signal: attempt.signal }).catch(() => attempt.signal.throwIfAborted());
    }
  }
}

/** Makes the file, unless it is there: one operation, of which the system lets only one process succeed. */
function create(path: string, text: string): boolean {
  try {
    const file = openSync(path, 'wx');
    try {
      writeFileSync(file, text);
    } catch (error) {
      removeIfExists(path);
      throw error;
    } finally {
      closeSync(file);
    }
    return true;
  } catch (error) {
    if (errnoCode(error) === 'EEXIST') return false;
    throw toFileSystemError(error, path, 'create');
  }
}

interface Found {
  readonly text: string;
  /** Changes with every sign of life, and is never that of another lock. */
  readonly mark: string;
}

function find(path: string): Found | undefined {
  try {
    const file = openSync(path, 'r');
    try {
      const { mtimeNs, ino } = fstatSync(file, { bigint: true });
      const text = readFileSync(file, 'utf8');
      return { text, mark: `${ino} ${mtimeNs} ${text}` };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw toFileSystemError(error, path, 'read');
  }
}

/** @param quiet milliseconds for which we have seen no sign of life */
async function isAbandoned(
  { text }: Found,
  quiet: number,
  { processes, staleAfter }: Attempt,
): Promise<boolean> {
  if (text === '') return quiet > Math.min(EMPTY_AFTER_MS, staleAfter);
  const holder = parseLockOwner(text);
  // A text that is none was cut off.
  const gone = holder && (await hasExited(holder, processes));
  return gone ?? quiet > staleAfter;
}

/**
 * Takes a dead lock over. Two processes that both found it dead must not replace it one after the other, since the second
 * would replace what the first has put there: who takes this very lock is decided by a lock of its own, which then
 * becomes the one that was taken.
 * @returns false where it has gone, or is another one, meanwhile
 */
async function takeOverStale(path: string, { mark }: Found, attempt: Attempt): Promise<boolean> {
  const digest = createHash('sha256').update(`${path} ${mark}`).digest('hex').slice(0, 16);
  const claim = join(dirname(path), `.${digest}.lock`);
  await acquire(claim, attempt);
  try {
    if (find(path)?.mark === mark) {
      renameSync(claim, path);
      return true;
    }
  } catch (error) {
    removeOwn(claim, attempt.text);
    throw toFileSystemError(error, path, 'replace');
  }
  removeOwn(claim, attempt.text);
  return false;
}

function removeOwn(path: string, text: string): void {
  try {
    if (readFileSync(path, 'utf8') === text) removeIfExists(path);
  } catch {
    // What stays behind is recognised as abandoned when this process has ended.
  }
}

async function heartbeat(path: string): Promise<void> {
  const { mtime } = await stat(path).catch(() => ({ mtime: new Date(0) }));
  const now = new Date();
  // A clock that was set back must not make it look unchanged.
  const next = now > mtime ? now : new Date(mtime.getTime() + 1_000);
  await utimes(path, next, next).catch(() => {});
}

function lockedError(path: string, text: string): FileSystemError {
  const holder = parseLockOwner(text);
  const who = holder ? `by process ${holder.pid} on ${holder.host}` : 'by another process';
  return new FileSystemError('locked', `${path} is held ${who}.`);
}
