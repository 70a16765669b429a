import { createHash } from 'node:crypto';
import { crc32 as crc32Of } from 'node:zlib';
import type { Algorithm } from '../../src/disk/checksum/checksum.js';

const sha256 = 'd7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592';
const crc32 = '414fa339';

/** A text whose checksums are well known. */
export const fox = {
  text: 'The quick brown fox jumps over the lazy dog',
  sha256,
  crc32,
  SHA256: sha256,
  CRC32: crc32,
};

export function digestOf(algorithm: Algorithm, bytes: Uint8Array): string {
  if (algorithm === 'SHA256') return createHash('sha256').update(bytes).digest('hex');
  return crc32Of(bytes).toString(16).padStart(8, '0');
}
