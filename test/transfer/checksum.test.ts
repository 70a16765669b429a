import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ContentError } from '../../src/errors.js';
import { type Checksums, checkFile, RunningChecksum } from '../../src/transfer/checksum.js';
import { sandbox } from '../harness/sandbox.js';

const text = 'The quick brown fox jumps over the lazy dog';
const sha256 = 'd7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592';
const crc32 = '414fa339';
const { signal } = new AbortController();

function verify(expected: Checksums, pieces: readonly string[]) {
  const checksum = new RunningChecksum(expected);
  for (const piece of pieces) checksum.update(Buffer.from(piece));
  return checksum.verify('fox.ckpt');
}

describe('a running checksum', () => {
  it.each<readonly [what: string, expected: Checksums, by: string]>([
    ['by SHA256', { sha256 }, 'SHA256'],
    ['by SHA256 in upper case', { sha256: sha256.toUpperCase() }, 'SHA256'],
    ['by SHA256 rather than by CRC32', { sha256, crc32: '00000000' }, 'SHA256'],
    ['by CRC32', { crc32 }, 'CRC32'],
    ['by CRC32 in upper case', { crc32: crc32.toUpperCase() }, 'CRC32'],
    ['by size alone', {}, 'size'],
    ['by size alone, where a checksum is empty', { sha256: '', crc32: '' }, 'size'],
  ])('verifies %s, however the bytes are cut', (_what, expected, by) => {
    expect(verify(expected, [text])).toBe(by);
    expect(verify(expected, [...text])).toBe(by);
    expect(verify(expected, ['', text.slice(0, 9), text.slice(9), ''])).toBe(by);
  });

  it('names both checksums where they differ', () => {
    const expected = '0'.repeat(64);
    expect(() => verify({ sha256: expected }, [text])).toThrow(ContentError);
    expect(() => verify({ sha256: expected }, [text])).toThrow(
      `fox.ckpt: its SHA256 is ${sha256.toUpperCase()}, but should be ${expected}.`,
    );
    expect(() => verify({ crc32: '0' }, [''])).toThrow('its CRC32 is 00000000, but should be 0.');
    expect(() => verify({ crc32: 'ffffffff' }, [text])).toThrow(
      expect.objectContaining({ code: 'wrong-checksum' }),
    );
  });

  it('keeps the zeros in front of a CRC32', () => {
    expect(verify({ crc32: '00000000' }, [])).toBe('CRC32');
  });

  it.each([{ sha256 }, { crc32 }])('starts over with %j', (expected) => {
    const checksum = new RunningChecksum(expected);
    checksum.update(Buffer.from('something else'));
    checksum.reset();
    checksum.update(Buffer.from(text));
    expect(() => checksum.verify('fox.ckpt')).not.toThrow();
  });
});

describe('a file on disk', () => {
  it('is checked as a whole', async () => {
    const box = await sandbox('');
    const bytes = Buffer.alloc(3 * 1024 * 1024 + 1, 'fox');
    const path = await box.write('big.bin', bytes);
    const expected = { sha256: createHash('sha256').update(bytes).digest('hex') };
    await expect(checkFile(path, expected, signal)).resolves.toBe('SHA256');
    await expect(checkFile(path, { sha256 }, signal)).rejects.toMatchObject({ code: 'wrong-checksum' });
  });

  it('that is empty is one, too', async () => {
    const path = await (await sandbox('')).write('empty', '');
    const expected = { sha256: createHash('sha256').digest('hex') };
    await expect(checkFile(path, expected, signal)).resolves.toBe('SHA256');
  });

  it('is not read to the end when the signal aborts', async () => {
    const path = await (await sandbox('')).write('x', text);
    await expect(checkFile(path, {}, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  });
});
