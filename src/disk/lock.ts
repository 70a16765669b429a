import { createHash, randomUUID } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { FileSystemError } from '../errors.js';
import { errnoCode, fileFailure } from './errors.js';
import { removeFile } from './files.js';
import { type Holder, identify, isGone, type Processes, parseHolder } from './lock-owner.js';

export interface LockOptions {
  /** Ends the waiting, with its reason. */
  readonly signal: AbortSignal;
  /** Milliseconds to wait for another holder at most; with 0 nobody is waited for. A minute where nothing is said. */
  readonly patience?: number;
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
const HEARTBEAT = 10_000;
const STALE_AFTER = 3 * HEARTBEAT;
/** What is being written right now has its text before that; a process that was killed in between never will. */
const EMPTY_AFTER = 2_000;
const PATIENCE = 60_000;
/** Milliseconds between two looks, at first and at most. */
const FIRST_LOOK = 10;
const LAST_LOOK = 250;

/** @param staleAfter milliseconds without a sign of life after which a holder elsewhere counts as dead */
export function createLock(processes: Processes, staleAfter: number = STALE_AFTER): Lock {
  let identity: ReturnType<typeof identify> | undefined;
  return async (path, { signal, patience = PATIENCE }) => {
    identity ??= identify(processes);
    const text = JSON.stringify({ ...(await identity), token: randomUUID() } satisfies Holder);
    const deadline = performance.now() + patience;
    await acquire(path, { text, processes, staleAfter, deadline, signal });
    const heartbeat = setInterval(() => void showLife(path), HEARTBEAT).unref();
    return async () => {
      clearInterval(heartbeat);
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
  for (let look = FIRST_LOOK; ; look = Math.min(look * 1.2, LAST_LOOK)) {
    attempt.signal.throwIfAborted();
    if (create(path, attempt.text)) return;
    const found = find(path);
    if (!found) continue;
    if (found.mark !== seen?.mark) since = performance.now();
    seen = found;
    if (await isAbandoned(found, performance.now() - since, attempt)) {
      if (await takeOver(path, found, attempt)) return;
    } else {
      if (performance.now() > attempt.deadline) throw busy(path, found.text);
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
      removeFile(path);
      throw error;
    } finally {
      closeSync(file);
    }
    return true;
  } catch (error) {
    if (errnoCode(error) === 'EEXIST') return false;
    throw fileFailure(error, path, 'create');
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
    throw fileFailure(error, path, 'read');
  }
}

/** @param quiet milliseconds for which we have seen no sign of life */
async function isAbandoned(
  { text }: Found,
  quiet: number,
  { processes, staleAfter }: Attempt,
): Promise<boolean> {
  if (text === '') return quiet > Math.min(EMPTY_AFTER, staleAfter);
  const holder = parseHolder(text);
  // A text that is none was cut off.
  const gone = holder && (await isGone(holder, processes));
  return gone ?? quiet > staleAfter;
}

/**
 * Takes a dead lock over. Two processes that both found it dead must not replace it one after the other, since the second
 * would replace what the first has put there: who takes this very lock is decided by a lock of its own, which then
 * becomes the one that was taken.
 * @returns false where it has gone, or is another one, meanwhile
 */
async function takeOver(path: string, { mark }: Found, attempt: Attempt): Promise<boolean> {
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
    throw fileFailure(error, path, 'replace');
  }
  removeOwn(claim, attempt.text);
  return false;
}

function removeOwn(path: string, text: string): void {
  try {
    if (readFileSync(path, 'utf8') === text) removeFile(path);
  } catch {
    // What stays behind is recognised as abandoned when this process has ended.
  }
}

async function showLife(path: string): Promise<void> {
  const { mtime } = await stat(path).catch(() => ({ mtime: new Date(0) }));
  const now = new Date();
  // A clock that was set back must not make it look unchanged.
  const next = now > mtime ? now : new Date(mtime.getTime() + 1_000);
  await utimes(path, next, next).catch(() => {});
}

function busy(path: string, text: string): FileSystemError {
  const holder = parseHolder(text);
  const who = holder ? `by process ${holder.pid} on ${holder.host}` : 'by another process';
  return new FileSystemError('locked', `${path} is held ${who}.`);
}
