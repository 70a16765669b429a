import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

const CLOCK_TOLERANCE_SECONDS = 10;

/** Identifies the current start of the machine: bytes of an earlier one that were not flushed are lost. */
export function bootId(): string {
  return linuxBootId() ?? `start ${Math.round((Date.now() / 1000 - uptime()) / CLOCK_TOLERANCE_SECONDS)}`;
}

/** Returns Linux's id of the current start; undefined on other systems. */
export function linuxBootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}
