import { describe, expect, it } from 'vitest';
import {
  type Algorithm,
  assertChecksum,
  type Checksums,
  createDigest,
  expectedChecksum,
} from '../../../src/disk/checksum/checksum.js';
import { ContentError } from '../../../src/errors.js';
import { fox } from '../../transfer/fox.js';

const { text, sha256, blake3, crc32 } = fox;

describe('the expected checksum', () => {
  it.each<readonly [what: string, expected: Checksums, by: object | undefined]>([
    ['SHA256', { sha256 }, { algorithm: 'SHA256', value: sha256 }],
    ['SHA256 in upper case', { sha256: sha256.toUpperCase() }, { algorithm: 'SHA256', value: sha256 }],
    ['SHA256 rather than BLAKE3', { sha256, blake3 }, { algorithm: 'SHA256', value: sha256 }],
    ['BLAKE3 rather than CRC32', { blake3, crc32 }, { algorithm: 'BLAKE3', value: blake3 }],
    ['SHA256 rather than CRC32', { sha256, crc32: '00000000' }, { algorithm: 'SHA256', value: sha256 }],
    ['CRC32', { crc32: crc32.toUpperCase() }, { algorithm: 'CRC32', value: crc32 }],
    ['CRC32 without its leading zeros', { crc32: '1a' }, { algorithm: 'CRC32', value: '0000001a' }],
    [
      'CRC32 rather than a SHA256 that cannot be one',
      { sha256: 'abc', crc32 },
      { algorithm: 'CRC32', value: crc32 },
    ],
    [
      'CRC32 rather than a BLAKE3 that cannot be one',
      { blake3: 'x'.repeat(64), crc32 },
      { algorithm: 'CRC32', value: crc32 },
    ],
    ['none', {}, undefined],
    ['none, if they are empty', { sha256: '', crc32: '' }, undefined],
  ])('is %s', (_what, expected, by) => {
    expect(expectedChecksum(expected)).toEqual(by);
  });

  it('is in the error with the actual one, if they differ', () => {
    const expected = '0'.repeat(64);
    const assert = () => assertChecksum('fox.ckpt', 'SHA256', expected, sha256);
    expect(assert).toThrow(ContentError);
    expect(assert).toThrow(expect.objectContaining({ code: 'wrong-checksum' }));
    expect(assert).toThrow(`fox.ckpt: wrong SHA256: expected ${expected}, got ${sha256.toUpperCase()}.`);
    expect(() => assertChecksum('fox.ckpt', 'SHA256', sha256.toUpperCase(), sha256)).not.toThrow();
  });
});

describe('a digest', () => {
  it.each<readonly [Algorithm, string]>([
    ['SHA256', sha256],
    ['BLAKE3', blake3],
    ['CRC32', crc32],
  ])('by %s is the same however the bytes are cut', (algorithm, expected) => {
    for (const parts of [[text], [...text], ['', text.slice(0, 9), text.slice(9), '']]) {
      const digest = createDigest(algorithm);
      for (const piece of parts) digest.update(Buffer.from(piece));
      expect(digest.end()).toBe(expected);
    }
  });

  it('keeps the leading zeros of a CRC32', () => {
    expect(createDigest('CRC32').end()).toBe('00000000');
  });
});
