import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** Corrections of the clock that do not change the time of the start. */
const CLOCK_TOLERANCE_SECONDS = 10;

/**
 * Identifies the current start of the machine: bytes that were written without a flush are lost when it ends. On systems
 * other than Linux it is the time of the start.
 */
export function bootId(): string {
  return linuxBootId() ?? `start ${Math.round((Date.now() / 1000 - uptime()) / CLOCK_TOLERANCE_SECONDS)}`;
}

/** Identifies the current start of a Linux system; undefined on other systems. */
export function linuxBootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}
