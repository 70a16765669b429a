import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { systemCode } from './errors.js';
import { isReadOnly } from './write-access.js';

/** Codes for a file that another program holds for a moment, such as a virus scanner or a backup. */
const BUSY_CODES = new Set(['EBUSY', 'EPERM', 'EACCES', 'ETXTBSY']);
const TIMEOUT_MS = 10_000;
/** An interrupted run must end within a second. */
const ABORTED_TIMEOUT_MS = 300;
const MIN_WAIT_MS = 10;
const MAX_WAIT_MS = 250;

export interface BusyOptions {
  /** Shortens the time when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** 10 seconds by default; 0 does not try again. */
  readonly busyTimeoutMs?: number | undefined;
}

/**
 * Repeats a step on a file as long as another program holds the file.
 * @param path of a file that the step creates, replaces, changes or removes
 * @throws the error of the last try, at once if the permissions forbid the step
 */
export async function retryWhileBusy<T>(
  path: string,
  step: () => T | Promise<T>,
  { signal, busyTimeoutMs = TIMEOUT_MS }: BusyOptions = {},
): Promise<T> {
  const startedAt = performance.now();
  for (let waitMs = MIN_WAIT_MS; ; waitMs = Math.min(waitMs * 1.5, MAX_WAIT_MS)) {
    try {
      return await step();
    } catch (error) {
      const timeoutMs = signal?.aborted ? Math.min(busyTimeoutMs, ABORTED_TIMEOUT_MS) : busyTimeoutMs;
      if (performance.now() - startedAt >= timeoutMs || !isBusy(error, path)) throw error;
    }
    // An abort ends only this wait: the next try decides.
    await wait(waitMs, undefined, signal?.aborted ? {} : { signal }).catch(() => {});
  }
}

/** Like {@link retryWhileBusy}, in a thread that has nothing else to do. */
export function blockWhileBusy<T>(path: string, step: () => T): T {
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (const startedAt = performance.now(); ; Atomics.wait(never, 0, 0, MAX_WAIT_MS)) {
    try {
      return step();
    } catch (error) {
      if (performance.now() - startedAt >= TIMEOUT_MS || !isBusy(error, path)) throw error;
    }
  }
}

/** Whether a step on a file may succeed later. */
export function isBusy(error: unknown, path: string): boolean {
  return BUSY_CODES.has(systemCode(error) ?? '') && !isDenied(path);
}

/** Whether the permissions of a file or its folder, which may be missing, forbid to change it. Windows reports only read-only files. */
function isDenied(path: string): boolean {
  return isReadOnly(dirname(path)) || (isThere(path) && isReadOnly(path));
}

/** Windows reports a file that is being deleted as forbidden. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}
