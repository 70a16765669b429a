import { readFileSync, statSync } from 'node:fs';
import { uptime } from 'node:os';

/** What tells a file from another one, and from a later state of itself, without reading it. */
export interface Fingerprint {
  /** Bytes. */
  readonly size: number;
  /** Time of the last change in nanoseconds since the epoch; like the next two more than a number can hold. */
  readonly mtimeNs: string;
  readonly ino: string;
  readonly dev: string;
}

/**
 * The state of the file under a path, or that a link there leads to; undefined where there is none. At once, like all
 * small steps on disk: handing one to another thread takes several times as long as the step itself.
 */
export function fingerprint(path: string): Fingerprint | undefined {
  const stats = statExactly(path);
  if (!stats?.isFile()) return undefined;
  const { size, mtimeNs, ino, dev } = stats;
  return { size: Number(size), mtimeNs: String(mtimeNs), ino: String(ino), dev: String(dev) };
}

/** Whether nothing has been done to a file between two looks, as far as its size, time and place on the disk tell. */
export function sameFingerprint(one: Fingerprint | undefined, other: Fingerprint | undefined): boolean {
  return (
    one !== undefined &&
    other !== undefined &&
    one.size === other.size &&
    one.mtimeNs === other.mtimeNs &&
    one.ino === other.ino &&
    one.dev === other.dev
  );
}

function statExactly(path: string) {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

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
