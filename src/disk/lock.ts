import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { lutimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { FileSystemError } from '../errors.js';
import { retryWhileBusy } from './busy.js';
import { errnoCode, toFileSystemError } from './errors.js';
import { removeIfExists } from './files.js';
import { hasExited, identify, type LockOwner, type Processes, parseLockOwner } from './lock-owner.js';
import { shortHash } from './paths.js';
import { notFileError, openPlainFile, statPath } from './plain-file.js';

export interface LockOptions {
  readonly signal: AbortSignal;
  /** A minute by default; 0 does not wait. */
  readonly timeoutMs?: number;
}

/**
 * Takes a lock: a file in an existing folder. The lock of a process that has exited is taken over at once; that of a process
 * which cannot be examined, on another machine or in another container, after half a minute without a heartbeat. A link or a
 * FIFO is no lock, and is replaced.
 * @throws FileSystemError with code `locked` after the timeout; others if the file cannot be created
 */
export type Lock = (path: string, options: LockOptions) => Promise<Release>;

export type Release = () => Promise<void>;

const TIMEOUT_MS = 60_000;
const HEARTBEAT_MS = 10_000;
const STALE_AFTER_MS = 3 * HEARTBEAT_MS;
/** Longer than a process takes from creating the file to writing its text. */
const EMPTY_STALE_AFTER_MS = 2_000;
const MIN_POLL_MS = 10;
const MAX_POLL_MS = 250;

export function createLock(processes: Processes, staleAfterMs: number = STALE_AFTER_MS): Lock {
  let identity: ReturnType<typeof identify> | undefined;
  return async (path, { signal, timeoutMs = TIMEOUT_MS }) => {
    identity ??= identify(processes);
    const ownText = JSON.stringify({ ...(await identity), token: randomUUID() } satisfies LockOwner);
    const deadline = performance.now() + timeoutMs;
    await acquire(path, { ownText, processes, staleAfterMs, deadline, signal });
    const timer = setInterval(() => void sendHeartbeat(path, ownText), HEARTBEAT_MS).unref();
    return async () => {
      clearInterval(timer);
      await removeOwn(path, ownText, signal);
    };
  };
}

/** Takes a lock, or returns undefined if it is held. @throws FileSystemError if the file cannot be created */
export async function tryLock(lock: Lock, path: string, signal: AbortSignal): Promise<Release | undefined> {
  try {
    return await lock(path, { signal, timeoutMs: 0 });
  } catch (error) {
    if (error instanceof FileSystemError && error.code === 'locked') return undefined;
    throw error;
  }
}

interface LockRequest {
  readonly ownText: string;
  readonly processes: Processes;
  readonly staleAfterMs: number;
  /** On the clock of `performance.now()`. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

async function acquire(path: string, request: LockRequest): Promise<void> {
  let lastMark: string | undefined;
  let unchangedSince = 0;
  for (let pollMs = MIN_POLL_MS; ; pollMs = Math.min(pollMs * 1.2, MAX_POLL_MS)) {
    request.signal.throwIfAborted();
    if (await retryWhileBusy(path, () => create(path, request.ownText), request)) return;
    const held = await retryWhileBusy(path, () => readLockFile(path), request);
    if (!held) {
      await nextTurn();
      continue;
    }
    if (held.mark !== lastMark) unchangedSince = performance.now();
    lastMark = held.mark;
    if (await isStale(path, held, performance.now() - unchangedSince, request)) {
      if (await takeOverStale(path, held, request)) return;
    } else {
      if (performance.now() > request.deadline) throw lockedError(path, held.text ?? '');
      await wait(pollMs, undefined, { signal: request.signal }).catch(() => request.signal.throwIfAborted());
    }
  }
}

/** Creates the file unless it exists, which only one process can do. Does not follow a link. */
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

interface LockFile {
  /** Undefined if it is a link, a FIFO or a device. */
  readonly text: string | undefined;
  /** Changes with each heartbeat, and differs from that of any other lock. */
  readonly mark: string;
}

function readLockFile(path: string): LockFile | undefined {
  try {
    const file = openPlainFile(path, constants.O_RDONLY);
    if (file === undefined) return describeOther(path);
    try {
      const { mtimeNs, ino } = fstatSync(file, { bigint: true });
      const text = readFileSync(file, 'utf8');
      return { text, mark: `${ino} ${mtimeNs} ${text}` };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw toFileSystemError(error, path, 'read');
  }
}

function describeOther(path: string): LockFile | undefined {
  const stats = statPath(path);
  // A file now: the lock was taken in the meantime.
  if (!stats || stats.isFile()) return undefined;
  if (stats.isDirectory()) throw notFileError(path, 'use the lock');
  return { text: undefined, mark: `${stats.ino} ${stats.mtimeNs}` };
}

async function isStale(
  path: string,
  { text }: LockFile,
  unchangedMs: number,
  { processes, staleAfterMs }: LockRequest,
): Promise<boolean> {
  if (text === undefined) return true;
  if (text === '') return unchangedMs > Math.min(EMPTY_STALE_AFTER_MS, staleAfterMs);
  const owner = parseLockOwner(text);
  const isOver = owner && (await hasExited(owner, processes, path));
  return isOver ?? unchangedMs > staleAfterMs;
}

/**
 * Takes over a stale lock, unless it has been replaced meanwhile. Of two processes, the second one must not replace the new
 * lock of the first: so they take a lock on this very file before, and that one is renamed.
 */
async function takeOverStale(path: string, { mark }: LockFile, request: LockRequest): Promise<boolean> {
  const claim = join(dirname(path), `.${shortHash(`${path} ${mark}`, 16)}.lock`);
  await acquire(claim, request);
  try {
    if (readLockFile(path)?.mark !== mark) return false;
    await retryWhileBusy(path, () => renameSync(claim, path), request);
    return true;
  } catch (error) {
    throw toFileSystemError(error, path, 'replace');
  } finally {
    await removeOwn(claim, request.ownText, request.signal);
  }
}

/** Removes a lock, or empties it if it cannot be removed, so that nobody waits for this process to exit. */
async function removeOwn(path: string, ownText: string, signal: AbortSignal): Promise<void> {
  try {
    await retryWhileBusy(path, () => readLockFile(path)?.text === ownText && removeIfExists(path), {
      signal,
    });
  } catch {
    tryEmpty(path, ownText);
  }
}

function tryEmpty(path: string, ownText: string): void {
  try {
    changeOwn(path, ownText, (file) => ftruncateSync(file));
  } catch {
    // A file that stays is taken over after this process has exited.
  }
}

/** Changes the time of the lock, which tells other machines that this process lives. */
async function sendHeartbeat(path: string, ownText: string): Promise<void> {
  try {
    // Another process may have taken it over, after this one was suspended.
    if (readLockFile(path)?.text !== ownText) return;
    const mtimeMs = Number(statPath(path)?.mtimeMs ?? 0);
    // The time must change even if the clock was set back; FAT counts in steps of two seconds.
    const next = new Date(Math.max(Date.now(), mtimeMs + 2_000));
    // Some network drives cannot set times, but a write changes them.
    await lutimes(path, next, next).catch(() =>
      changeOwn(path, ownText, (file) => writeSync(file, ownText, 0)),
    );
  } catch {
    // The next heartbeat may succeed.
  }
}

function changeOwn(path: string, ownText: string, change: (file: number) => void): void {
  const file = openPlainFile(path, constants.O_RDWR);
  if (file === undefined) return;
  try {
    if (readFileSync(file, 'utf8') === ownText) change(file);
  } finally {
    closeSync(file);
  }
}

function lockedError(path: string, text: string): FileSystemError {
  const owner = parseLockOwner(text);
  const who = owner ? `process ${owner.pid} on ${owner.host}` : 'another process';
  return new FileSystemError('locked', `${path} is locked by ${who}.`);
}
