import { open, rm } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import type { Algorithm } from '../../../src/disk/checksum/checksum.js';
import type { createHashFollower, HashFollower } from '../../../src/disk/checksum/hash-follower.js';
import { offlineTest as it, sandbox } from '../../harness/fixture.js';
import { digestOf, fox } from '../../transfer/fox.js';

const MiB = 1024 * 1024;
/** Enough for some words to a thread, and not too much for the other way. */
const LENGTH = 6 * MiB + 5;
const content = Buffer.alloc(LENGTH, fox.text);

/** The built module: only there lies the thread's program beside it. */
const built = new URL('../../../dist/disk/checksum/hash-follower.js', import.meta.url).href;
const { createHashFollower: create }: { createHashFollower: typeof createHashFollower } = await import(built);

/** A file of unknown size has a thread of its own, a short one has not. */
const ways = [
  ['a thread', undefined],
  ['the same thread', LENGTH],
] as const;

async function started(algorithm: Algorithm, size: number | undefined) {
  const path = await sandbox.write('file', '');
  return { path, checksum: create({ path, algorithm }, size) };
}

/** Writes the file piece by piece, with a word to the checksum after each. */
async function grow(path: string, checksum: Pick<HashFollower, 'advance'>, bytes: Buffer): Promise<void> {
  const file = await open(path, 'r+');
  for (let prefixEnd = 0; prefixEnd < bytes.length; ) {
    const { bytesWritten } = await file.write(
      bytes,
      prefixEnd,
      Math.min(MiB, bytes.length - prefixEnd),
      prefixEnd,
    );
    prefixEnd += bytesWritten;
    checksum.advance(prefixEnd);
  }
  await file.close();
}

describe.each(ways)('a checksum that follows the bytes in %s', (_way, size) => {
  it.each<Algorithm>(['SHA256', 'CRC32'])('is right by %s', async (algorithm) => {
    const { path, checksum } = await started(algorithm, size);
    await grow(path, checksum, content);
    expect(await checksum.finish(LENGTH)).toBe(digestOf(algorithm, content));
    await checksum.close();
  });

  it('is right where nothing was said on the way', async () => {
    const { path, checksum } = await started('SHA256', size);
    await grow(path, { advance: () => {} }, content);
    expect(await checksum.finish(LENGTH)).toBe(digestOf('SHA256', content));
    await checksum.close();
  });

  it('starts again from nothing, on the way and after its end', async () => {
    const { path, checksum } = await started('SHA256', size);
    await grow(path, checksum, Buffer.alloc(LENGTH, 'x'));
    checksum.reset();
    await grow(path, checksum, content);
    expect(await checksum.finish(LENGTH)).toBe(digestOf('SHA256', content));
    checksum.reset();
    await grow(path, checksum, content.subarray(5));
    expect(await checksum.finish(LENGTH - 5)).toBe(digestOf('SHA256', content.subarray(5)));
    await checksum.close();
  });

  it('fails where the file is shorter than it should be', async () => {
    const { path, checksum } = await started('SHA256', size);
    await grow(path, checksum, content);
    await expect(checksum.finish(LENGTH + 1)).rejects.toThrow(`${path} is shorter`);
    await checksum.close();
  });

  it('fails where the file is gone', async () => {
    const { path, checksum } = await started('SHA256', size);
    await rm(path);
    await expect(checksum.finish(LENGTH)).rejects.toMatchObject({ code: 'ENOENT' });
    await checksum.close();
  });

  it('can be given up at any time', async () => {
    const { path, checksum } = await started('SHA256', size);
    await grow(path, checksum, content);
    await checksum.close();
    await checksum.close();
  });

  it('is right from blocks that come one after another, and from the file where they do not', async () => {
    const { path, checksum } = await started('SHA256', size);
    const blocks = [0, 1, 2, 3, 4, 5, 6].map((index) => content.subarray(index * MiB, (index + 1) * MiB));
    const file = await open(path, 'r+');
    let prefixEnd = 0;
    // The third and the fourth change places; the prefixEnd can't pass what is missing.
    for (const index of [0, 1, 3, 2, 4, 5, 6]) {
      const block = blocks[index] ?? Buffer.alloc(0);
      await file.write(block, 0, block.length, index * MiB);
      prefixEnd = index === 3 ? prefixEnd : index === 2 ? 4 * MiB : Math.min(LENGTH, (index + 1) * MiB);
      checksum.append(block, index * MiB, prefixEnd);
    }
    await file.close();
    expect(await checksum.finish(LENGTH)).toBe(digestOf('SHA256', content));
    await checksum.close();
  });
});
