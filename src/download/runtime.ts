import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { errnoCode } from '../disk/errors.js';
import { createLock, type Lock } from '../disk/lock.js';
import { NETWORK_TIMEOUT_MS, type NetworkRuntime } from '../http/open-http.js';

/** What a download needs of its machine: locks, clocks, chance, limits of time, and the settings of the network. */
export interface Runtime extends NetworkRuntime {
  readonly lock: Lock;
  /** Returns a number from 0 to 1, as `Math.random` does. */
  readonly random: () => number;
  /** Time after which a sorter file counts as hanging. */
  readonly sorterTimeoutMs: number;
}

const SORTER_TIMEOUT_MS = 5_000;

/** Returns the runtime of this machine, with the given environment variables. */
export function systemRuntime(env: Runtime['env']): Runtime {
  return {
    env,
    lock: createLock({ pid: process.pid, isRunning }),
    sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => signal.throwIfAborted()),
    now: Date.now,
    monotonic: () => performance.now(),
    random: Math.random,
    networkTimeoutMs: NETWORK_TIMEOUT_MS,
    sorterTimeoutMs: SORTER_TIMEOUT_MS,
  };
}

/** Whether a process with this number exists, of whichever user. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errnoCode(error) === 'EPERM';
  }
}
