import { homedir, userInfo } from 'node:os';
import { isAbsolute } from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { errnoCode } from '../disk/errors.js';
import { createLock, type Lock } from '../disk/lock.js';
import type { BaseFolders } from '../disk/paths.js';
import { NETWORK_TIMEOUTS } from '../http/network-timeouts.js';
import type { NetworkRuntime } from '../http/open-http.js';

/** Access to the machine: locks, clocks, random numbers, and network settings. */
export interface Runtime extends NetworkRuntime {
  readonly lock: Lock;
  readonly random: () => number;
  readonly sorterTimeoutMs: number;
  /** The environment of sorter files. */
  readonly sorterEnv: Runtime['env'];
}

/** Variables that can contain the API key, the first one first. */
export const KEY_VARIABLES: readonly string[] = ['CIVITAI_API_KEY', 'CIVITAI_TOKEN'];

/** Returns the folders that paths start from: a deleted one, or one of a user without an entry, is unknown. */
export function systemFolders(): BaseFolders {
  // An empty HOME would make all folders in it relative.
  const homes = [homedir, () => userInfo().homedir].map(textOrNone);
  return { cwd: textOrNone(() => process.cwd()), home: homes.find(isAbsolute) ?? '' };
}

function textOrNone(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

const SORTER_TIMEOUT_MS = 5_000;

export function systemRuntime(env: Runtime['env']): Runtime {
  return {
    env,
    lock: createLock({ pid: process.pid, isRunning }),
    sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => signal.throwIfAborted()),
    now: Date.now,
    monotonic: () => performance.now(),
    random: Math.random,
    networkTimeouts: NETWORK_TIMEOUTS,
    sorterTimeoutMs: SORTER_TIMEOUT_MS,
    sorterEnv: withoutKey(process.env),
  };
}

/** Returns an environment for the code of others. Windows ignores the case of names. */
export function withoutKey(env: Runtime['env']): Runtime['env'] {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !KEY_VARIABLES.includes(name.toUpperCase())),
  );
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process exists, but belongs to another user.
    return errnoCode(error) === 'EPERM';
  }
}
