import { createHash } from 'node:crypto';
import { crc32 as crc32Of } from 'node:zlib';
import { type Algorithm, createDigest } from '../../src/disk/checksum/checksum.js';

const sha256 = 'd7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592';
const blake3 = '2f1514181aadccd913abd94cfa592701a5686ab23f8df1dff1b74710febc6d4a';
const crc32 = '414fa339';

/** A text whose checksums are well known. */
export const fox = {
  text: 'The quick brown fox jumps over the lazy dog',
  sha256,
  blake3,
  crc32,
  SHA256: sha256,
  BLAKE3: blake3,
  CRC32: crc32,
};

export function digestOf(algorithm: Algorithm, bytes: Uint8Array): string {
  if (algorithm === 'SHA256') return createHash('sha256').update(bytes).digest('hex');
  if (algorithm === 'BLAKE3') {
    // Another way to cut the bytes than that of the caller. The vectors of BLAKE3 have a test of their own.
    const digest = createDigest('BLAKE3');
    for (let at = 0; at < bytes.length; at += 1000) digest.update(bytes.subarray(at, at + 1000));
    return digest.end();
  }
  return crc32Of(bytes).toString(16).padStart(8, '0');
}
