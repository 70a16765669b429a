import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until so many bytes may pass, in the order of the calls. */
export type Pace = (bytes: number) => Promise<void>;

export const unlimited: Pace = async () => {};

/** How much time a late timer may make up for. */
const MAX_CATCH_UP_MS = 20;

/** Lets bytes pass at a rate, one chunk after the other. */
export function pace(bytesPerSecond: number): Pace {
  let free = 0;
  return async (bytes) => {
    const now = performance.now();
    free = Math.max(free, now - MAX_CATCH_UP_MS) + (bytes / bytesPerSecond) * 1000;
    if (free > now) await sleep(free - now);
  };
}

/** Lets bytes pass at once, except for one stop. */
export function stopOnce(afterBytes: number, stopMs: number): Pace {
  let left = afterBytes;
  return async (bytes) => {
    const isDue = left > 0 && left <= bytes;
    left -= bytes;
    if (isDue) await sleep(stopMs, undefined, { ref: false });
  };
}
