import { appendFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Algorithm,
  assertChecksum,
  type Checksums,
  createDigest,
  expectedChecksum,
} from '../../../src/disk/checksum/checksum.js';
import { FileHasher } from '../../../src/disk/checksum/file-hasher.js';
import { ContentError } from '../../../src/errors.js';
import { sandbox } from '../../harness/sandbox.js';
import { digestOf, fox } from '../../transfer/fox.js';

const { text, sha256, crc32 } = fox;

describe('the checksum to compare by', () => {
  it.each<readonly [what: string, expected: Checksums, by: object | undefined]>([
    ['SHA256', { sha256 }, { algorithm: 'SHA256', value: sha256 }],
    ['SHA256 in upper case', { sha256: sha256.toUpperCase() }, { algorithm: 'SHA256', value: sha256 }],
    ['SHA256 rather than CRC32', { sha256, crc32: '00000000' }, { algorithm: 'SHA256', value: sha256 }],
    ['CRC32', { crc32: crc32.toUpperCase() }, { algorithm: 'CRC32', value: crc32 }],
    ['none', {}, undefined],
    ['none, where they are empty', { sha256: '', crc32: '' }, undefined],
  ])('is %s', (_what, expected, by) => {
    expect(expectedChecksum(expected)).toEqual(by);
  });

  it('is told with the one that was found where they differ', () => {
    const expected = '0'.repeat(64);
    const check = () => assertChecksum('fox.ckpt', 'SHA256', expected, sha256);
    expect(check).toThrow(ContentError);
    expect(check).toThrow(expect.objectContaining({ code: 'wrong-checksum' }));
    expect(check).toThrow(`fox.ckpt: wrong SHA256: expected ${expected}, got ${sha256.toUpperCase()}.`);
    expect(() => assertChecksum('fox.ckpt', 'SHA256', sha256.toUpperCase(), sha256)).not.toThrow();
  });
});

describe('a digest', () => {
  it.each<readonly [Algorithm, string]>([
    ['SHA256', sha256],
    ['CRC32', crc32],
  ])('by %s is the same however the bytes are cut', (algorithm, expected) => {
    for (const pieces of [[text], [...text], ['', text.slice(0, 9), text.slice(9), '']]) {
      const digest = createDigest(algorithm);
      for (const piece of pieces) digest.update(Buffer.from(piece));
      expect(digest.end()).toBe(expected);
    }
  });

  it('keeps the zeros in prefixEnd of a CRC32', () => {
    expect(createDigest('CRC32').end()).toBe('00000000');
  });
});

describe('the checksum of a file that grows', () => {
  const algorithms: readonly Algorithm[] = ['SHA256', 'CRC32'];

  it('is that of the whole, however it grew', async () => {
    const box = await sandbox('');
    let files = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 }),
        fc.constantFrom(...algorithms),
        fc.integer({ min: 1, max: 32 }),
        async (chunks, algorithm, step) => {
          const path = await box.write(`file ${files++}`, '');
          const checksum = new FileHasher(path, algorithm, step);
          let prefixEnd = 0;
          for (const chunk of chunks) {
            await appendFile(path, chunk);
            prefixEnd += chunk.length;
            // Some of it stays behind, as it does when the bytes come faster than they are read.
            checksum.advance(prefixEnd);
          }
          expect(checksum.end(prefixEnd)).toBe(digestOf(algorithm, Buffer.concat(chunks)));
          checksum.close();
        },
      ),
      { numRuns: 30 },
    );
  });

  it('says whether it has come to the front', async () => {
    const box = await sandbox('');
    const checksum = new FileHasher(await box.write('fox', text), 'SHA256', 20);
    expect([20, 43, 43, 43, 0].map((prefixEnd) => checksum.advance(prefixEnd))).toEqual([
      true,
      false,
      true,
      true,
      true,
    ]);
    checksum.close();
  });

  it('reads no further than it is told', async () => {
    const box = await sandbox('');
    const path = await box.write('fox', `${text.slice(0, 9)}${'?'.repeat(100)}`);
    const checksum = new FileHasher(path, 'SHA256');
    checksum.advance(9);
    await box.write('fox', text);
    expect(checksum.end(text.length)).toBe(sha256);
    checksum.close();
  });

  it.each(algorithms)(
    'by %s starts again from nothing, when it is told to and after its end',
    async (algorithm) => {
      const box = await sandbox('');
      const path = await box.write('fox', 'something else');
      const checksum = new FileHasher(path, algorithm, 5);
      checksum.advance(14);
      checksum.reset();
      await box.write('fox', text);
      expect(checksum.end(text.length)).toBe(fox[algorithm]);
      expect(checksum.end(text.length)).toBe(fox[algorithm]);
      checksum.close();
      checksum.close();
    },
  );

  it('of nothing needs no file', () => {
    expect(new FileHasher('/nowhere/at/all', 'CRC32').end(0)).toBe('00000000');
  });

  it('is refused where the file is shorter than it should be', async () => {
    const box = await sandbox('');
    const path = await box.write('fox', text);
    const checksum = new FileHasher(path, 'SHA256');
    expect(() => checksum.end(text.length + 1)).toThrow(`${path} is shorter`);
    checksum.close();
  });
});
