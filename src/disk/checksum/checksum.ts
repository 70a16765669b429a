import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { ContentError } from '../../errors.js';

/** Checksums in hex that a file should have, as far as they are known. */
export interface Checksums {
  readonly sha256?: string | undefined;
  readonly crc32?: string | undefined;
}

export type Algorithm = 'SHA256' | 'CRC32';

/** What a whole file was checked against; `size` where no checksum is known. */
export type Verification = Algorithm | 'size';

/** A checksum that grows with the bytes. */
export interface Digest {
  update(bytes: Uint8Array): void;
  /** In lower-case hex; the bytes end here. */
  end(): string;
}

/** The checksum to compare by: SHA256, or CRC32 where there is nothing better. */
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

/** @throws ContentError `wrong-checksum`, with both */
export function assertChecksum(name: string, algorithm: Algorithm, expected: string, found: string): void {
  if (expected.toLowerCase() === found.toLowerCase()) return;
  throw new ContentError(
    'wrong-checksum',
    `${name}: wrong ${algorithm}: expected ${expected.toUpperCase()}, got ${found.toUpperCase()}.`,
  );
}
