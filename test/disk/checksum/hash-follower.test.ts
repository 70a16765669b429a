import { open, rm } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import type { Algorithm } from '../../../src/disk/checksum/checksum.js';
import type { createHashFollower } from '../../../src/disk/checksum/hash-follower.js';
import { offlineTest as it, sandbox } from '../../harness/fixture.js';
import { digestOf, fox } from '../../transfer/fox.js';

const MiB = 1024 * 1024;
/** Enough for several reports to a worker, and little enough for the other way. */
const LENGTH = 6 * MiB + 5;
const content = Buffer.alloc(LENGTH, fox.text);

/** The built module, since the worker's program is next to it. */
const built = new URL('../../../dist/disk/checksum/hash-follower.js', import.meta.url).href;
const { createHashFollower: create }: { createHashFollower: typeof createHashFollower } = await import(built);

/** A file of unknown size gets a worker, a short file does not. */
const ways = [
  ['a thread', undefined],
  ['the same thread', LENGTH],
] as const;

async function started(algorithm: Algorithm, size: number | undefined) {
  const path = await sandbox.write('file', '');
  return { path, follower: create({ path, algorithm }, size) };
}

/** Writes the file in steps, and reports each of them. */
async function grow(
  path: string,
  follower: { readonly advance: (prefixEnd: number) => void },
  bytes: Buffer,
): Promise<void> {
  const file = await open(path, 'r+');
  for (let prefixEnd = 0; prefixEnd < bytes.length; ) {
    const { bytesWritten } = await file.write(
      bytes,
      prefixEnd,
      Math.min(MiB, bytes.length - prefixEnd),
      prefixEnd,
    );
    prefixEnd += bytesWritten;
    follower.advance(prefixEnd);
  }
  await file.close();
}

describe.each(ways)('a checksum that follows the bytes in %s', (_way, size) => {
  it.each<Algorithm>(['SHA256', 'BLAKE3', 'CRC32'])('is right by %s', async (algorithm) => {
    const { path, follower } = await started(algorithm, size);
    await grow(path, follower, content);
    expect(await follower.finish(LENGTH)).toBe(digestOf(algorithm, content));
    await follower.close();
  });

  it('is right without any report', async () => {
    const { path, follower } = await started('SHA256', size);
    await grow(path, { advance: () => {} }, content);
    expect(await follower.finish(LENGTH)).toBe(digestOf('SHA256', content));
    await follower.close();
  });

  it('starts again after a reset, on the way and after its end', async () => {
    const { path, follower } = await started('SHA256', size);
    await grow(path, follower, Buffer.alloc(LENGTH, 'x'));
    follower.reset();
    await grow(path, follower, content);
    expect(await follower.finish(LENGTH)).toBe(digestOf('SHA256', content));
    follower.reset();
    await grow(path, follower, content.subarray(5));
    expect(await follower.finish(LENGTH - 5)).toBe(digestOf('SHA256', content.subarray(5)));
    await follower.close();
  });

  it('fails if the file is too short', async () => {
    const { path, follower } = await started('SHA256', size);
    await grow(path, follower, content);
    await expect(follower.finish(LENGTH + 1)).rejects.toThrow(`${path} is shorter than expected.`);
    await follower.close();
  });

  it('fails if the file is missing', async () => {
    const { path, follower } = await started('SHA256', size);
    await rm(path);
    await expect(follower.finish(LENGTH)).rejects.toMatchObject({ code: 'ENOENT' });
    await follower.close();
  });

  it('can be closed at any time', async () => {
    const { path, follower } = await started('SHA256', size);
    await grow(path, follower, content);
    await follower.close();
    await follower.close();
  });

  it('is right from blocks in order, and from the file for others', async () => {
    const { path, follower } = await started('SHA256', size);
    const blocks = [0, 1, 2, 3, 4, 5, 6].map((index) => content.subarray(index * MiB, (index + 1) * MiB));
    const file = await open(path, 'r+');
    let prefixEnd = 0;
    // The third and the fourth block change places; the prefix ends before a missing block.
    for (const index of [0, 1, 3, 2, 4, 5, 6]) {
      const block = blocks[index] ?? Buffer.alloc(0);
      await file.write(block, 0, block.length, index * MiB);
      prefixEnd = index === 3 ? prefixEnd : index === 2 ? 4 * MiB : Math.min(LENGTH, (index + 1) * MiB);
      follower.append(block, index * MiB, prefixEnd);
    }
    await file.close();
    expect(await follower.finish(LENGTH)).toBe(digestOf('SHA256', content));
    await follower.close();
  });
});
