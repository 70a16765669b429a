import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { ContentError } from '../../errors.js';

/** The expected checksums of a file in hex, if known. */
export interface Checksums {
  readonly sha256?: string | undefined;
  readonly crc32?: string | undefined;
}

export type Algorithm = 'SHA256' | 'CRC32';

/** Method by which a whole file was verified; `size` if no checksum is known. */
export type Verification = Algorithm | 'size';

export interface Digest {
  update(bytes: Uint8Array): void;
  /** Returns the checksum in lower-case hex. No bytes may follow. */
  end(): string;
}

/** Returns the checksum to verify: SHA256, or CRC32 if it is the only one. */
export function expectedChecksum({
  sha256,
  crc32,
}: Checksums): { readonly algorithm: Algorithm; readonly value: string } | undefined {
  if (sha256) return { algorithm: 'SHA256', value: sha256.toLowerCase() };
  return crc32 ? { algorithm: 'CRC32', value: crc32.toLowerCase() } : undefined;
}

export function createDigest(algorithm: Algorithm): Digest {
  if (algorithm === 'SHA256') {
    const hash = createHash('sha256');
    return { update: (bytes) => hash.update(bytes), end: () => hash.digest('hex') };
  }
  let value = 0;
  return {
    update: (bytes) => {
      value = crc32(bytes, value);
    },
    end: () => value.toString(16).padStart(8, '0'),
  };
}

/** @throws ContentError with code `wrong-checksum`, if they differ */
export function assertChecksum(name: string, algorithm: Algorithm, expected: string, found: string): void {
  if (expected.toLowerCase() === found.toLowerCase()) return;
  throw new ContentError(
    'wrong-checksum',
    `${name}: wrong ${algorithm}: expected ${expected.toUpperCase()}, got ${found.toUpperCase()}.`,
  );
}
