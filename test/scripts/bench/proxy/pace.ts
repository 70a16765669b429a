import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until so many bytes may be sent. */
export type Pace = (bytes: number) => Promise<void>;

/** Time that may be caught up after a late timer. */
const MAX_DELAY_MS = 20;

/** Limits a rate. */
export function pace(bytesPerSecond: number): Pace {
  let free = 0;
  return async (bytes) => {
    const now = performance.now();
    free = Math.max(free, now - MAX_DELAY_MS) + (bytes / bytesPerSecond) * 1000;
    if (free > now) await sleep(free - now);
  };
}
