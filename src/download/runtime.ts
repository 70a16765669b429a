import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { errnoCode } from '../disk/errors.js';
import { createLock, type Lock } from '../disk/lock.js';
import { NETWORK_TIMEOUT_MS, type NetworkRuntime } from '../http/open-http.js';

/** What a download needs of the machine it runs on: files, clocks, chance and the network's settings. */
export interface Runtime extends NetworkRuntime {
  /** Of files that several processes may want to change at once. */
  readonly lock: Lock;
  /** 0 to 1, as Math.random. */
  readonly random: () => number;
}

/**
 * The real machine.
 * @param env what the environment says
 */
export function systemRuntime(env: Runtime['env']): Runtime {
  return {
    env,
    lock: createLock({ pid: process.pid, isRunning }),
    sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => signal.throwIfAborted()),
    now: Date.now,
    monotonic: () => performance.now(),
    random: Math.random,
    networkTimeoutMs: NETWORK_TIMEOUT_MS,
  };
}

/** Whether there is a process of this number, be it one of another user. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errnoCode(error) === 'EPERM';
  }
}
