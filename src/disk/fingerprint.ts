import { type BigIntStats, statSync } from 'node:fs';

/** Tells a file from others, and from later states of itself, without reading it. */
export interface Fingerprint {
  readonly size: number;
  /** Text, like the next two, since a number is not precise enough. */
  readonly mtimeNs: string;
  readonly ino: string;
  readonly dev: string;
}

/** Returns the fingerprint of a file, or of the file that a link leads to; undefined if it is missing or not a file. */
export function fingerprint(path: string): Fingerprint | undefined {
  // Small steps on disk are synchronous throughout: another thread takes several times as long as the step itself.
  const stats = statExactly(path);
  if (!stats?.isFile()) return undefined;
  const { size, mtimeNs, ino, dev } = stats;
  return { size: Number(size), mtimeNs: String(mtimeNs), ino: String(ino), dev: String(dev) };
}

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

function statExactly(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
