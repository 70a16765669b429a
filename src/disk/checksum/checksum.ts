import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { ContentError } from '../../errors.js';
import { Blake3 } from './blake3.js';

/** The expected checksums of a file in hex, if known. */
export interface Checksums {
  readonly sha256?: string | undefined;
  readonly blake3?: string | undefined;
  readonly crc32?: string | undefined;
}

export type Algorithm = 'SHA256' | 'BLAKE3' | 'CRC32';

/** Method by which a whole file was verified; `size` if no checksum is known. */
export type Verification = Algorithm | 'size';

/** Whether a checksum is known that no other file has, so that it decides against all hints. */
export function hasProof(checksums: Checksums): boolean {
  const algorithm = expectedChecksum(checksums)?.algorithm;
  return algorithm !== undefined && algorithm !== 'CRC32';
}

export interface Digest {
  update(bytes: Uint8Array): void;
  /** Returns the checksum in lower-case hex. No bytes may follow. */
  end(): string;
}

interface ExpectedChecksum {
  readonly algorithm: Algorithm;
  readonly value: string;
}

/** Returns the strongest checksum that is known and can be one. */
export function expectedChecksum({ sha256, blake3, crc32 }: Checksums): ExpectedChecksum | undefined {
  if (isHex(sha256, 64)) return { algorithm: 'SHA256', value: sha256.toLowerCase() };
  if (isHex(blake3, 64)) return { algorithm: 'BLAKE3', value: blake3.toLowerCase() };
  // As a number, it may be written without its leading zeros.
  const padded = crc32 ? crc32.padStart(8, '0') : undefined;
  return isHex(padded, 8) ? { algorithm: 'CRC32', value: padded.toLowerCase() } : undefined;
}

function isHex(text: string | undefined, digits: number): text is string {
  return text?.length === digits && /^[0-9a-f]+$/i.test(text);
}

export function createDigest(algorithm: Algorithm): Digest {
  switch (algorithm) {
    case 'SHA256': {
      const hash = createHash('sha256');
      return { update: (bytes) => hash.update(bytes), end: () => hash.digest('hex') };
    }
    case 'BLAKE3':
      return new Blake3();
    case 'CRC32':
      return crc32Digest();
  }
}

function crc32Digest(): Digest {
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
