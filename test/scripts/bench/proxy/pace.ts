import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until so many bytes may go on; whoever asked first goes first. */
export type Pace = (bytes: number) => Promise<void>;

/** Milliseconds of the rate that may be caught up on after a timer that came late. */
const LENIENCE = 20;

/** Lets bytes through at a rate, one chunk after the other. */
export function pace(bytesPerSecond: number): Pace {
  let free = 0;
  return async (bytes) => {
    const now = performance.now();
    free = Math.max(free, now - LENIENCE) + (bytes / bytesPerSecond) * 1000;
    if (free > now) await sleep(free - now);
  };
}
