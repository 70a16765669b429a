import { appendFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import type { Algorithm } from '../../../src/disk/checksum/checksum.js';
import { FileHasher } from '../../../src/disk/checksum/file-hasher.js';
import { offlineTest as it, sandbox } from '../../harness/fixture.js';
import { digestOf, fox } from '../../transfer/fox.js';

const { text, sha256 } = fox;

describe('the checksum of a growing file', () => {
  const algorithms: readonly Algorithm[] = ['SHA256', 'CRC32'];

  it('is that of the whole file, however it grew', async () => {
    let files = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 }),
        fc.constantFrom(...algorithms),
        fc.integer({ min: 1, max: 32 }),
        async (chunks, algorithm, step) => {
          const path = await sandbox.write(`file ${files++}`, '');
          const hasher = new FileHasher(path, algorithm, step);
          let prefixEnd = 0;
          for (const chunk of chunks) {
            await appendFile(path, chunk);
            prefixEnd += chunk.length;
            // A step may not reach the end, as with bytes that arrive faster than they are read.
            hasher.advance(prefixEnd);
          }
          expect(hasher.end(prefixEnd)).toBe(digestOf(algorithm, Buffer.concat(chunks)));
          hasher.close();
        },
      ),
      { numRuns: 30 },
    );
  });

  it('reports whether the end of the written bytes is reached', async () => {
    const hasher = new FileHasher(await sandbox.write('fox', text), 'SHA256', 20);
    expect([20, 43, 43, 43, 0].map((prefixEnd) => hasher.advance(prefixEnd))).toEqual([
      true,
      false,
      true,
      true,
      true,
    ]);
    hasher.close();
  });

  it('does not read further than requested', async () => {
    const path = await sandbox.write('fox', `${text.slice(0, 9)}${'?'.repeat(100)}`);
    const hasher = new FileHasher(path, 'SHA256');
    hasher.advance(9);
    await sandbox.write('fox', text);
    expect(hasher.end(text.length)).toBe(sha256);
    hasher.close();
  });

  it.each(algorithms)('by %s starts again after a reset, and after its end', async (algorithm) => {
    const path = await sandbox.write('fox', 'something else');
    const hasher = new FileHasher(path, algorithm, 5);
    hasher.advance(14);
    hasher.reset();
    await sandbox.write('fox', text);
    expect(hasher.end(text.length)).toBe(fox[algorithm]);
    expect(hasher.end(text.length)).toBe(fox[algorithm]);
    hasher.close();
    hasher.close();
  });

  it('of an empty file needs no file', () => {
    expect(new FileHasher('/nowhere/at/all', 'CRC32').end(0)).toBe('00000000');
  });

  it('fails if the file is too short', async () => {
    const path = await sandbox.write('fox', text);
    const hasher = new FileHasher(path, 'SHA256');
    expect(() => hasher.end(text.length + 1)).toThrow(`${path} is shorter than expected.`);
    hasher.close();
  });
});
