import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** Linux's name for the current start of the system. */
const BOOT_ID = '/proc/sys/kernel/random/boot_id';
/** Seconds by which the clock may have been set since. */
const TOLERANCE = 10;

/**
 * Names the current start of the machine: what was written without a flush is lost when it ends. Elsewhere than on
 * Linux it is the time of the start, cut so that small corrections of the clock don't change it.
 */
export function bootId(): string {
  try {
    return readFileSync(BOOT_ID, 'utf8').trim();
  } catch {
    return `start ${Math.round((Date.now() / 1000 - uptime()) / TOLERANCE)}`;
  }
}
