import { statfsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { afterEach, describe, expect, vi } from 'vitest';
import { assertSpace, fileSystemOf, Space } from '../../src/disk/space.js';
import { setFaults } from '../harness/faulty-fs.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';

vi.mock('node:fs', async (original) =>
  (await import('../harness/faulty-fs.js')).faultyFs(await original<object>()),
);
afterEach(() => void setFaults());

const TOO_MUCH = 2 ** 60;

describe('the file system of a folder', () => {
  it('is that of the nearest folder that exists', async () => {
    const { dev } = await stat(sandbox.dir);
    const found = fileSystemOf(sandbox.path('not/yet'));
    expect(found).toEqual({ device: dev, freeBytes: expect.any(Number) });
    expect(found?.freeBytes).toBeGreaterThan(0);
  });
});

describe('the space for a file', () => {
  it('is enough, or the error says how much is needed and free', () => {
    assertSpace(sandbox.path('a.ckpt'), 1);
    const assertTooMuch = () => assertSpace(sandbox.path('a.ckpt'), TOO_MUCH);
    expect(assertTooMuch).toThrow(
      /^Not enough space for a\.ckpt in .+: 1150000 TB needed, [\d.]+ [kMGT]B free\.$/,
    );
    expect(assertTooMuch).toThrow(expect.objectContaining({ name: 'FileSystemError', code: 'no-space' }));
  });

  it('is not checked if it is unknown', () => {
    assertSpace(sandbox.path('nowhere/a.ckpt'), TOO_MUCH);
  });
});

describe('reservations', () => {
  const halfOfFree = () => {
    const { bavail, bsize } = statfsSync(sandbox.dir);
    return Math.floor((bavail * bsize) / 2);
  };

  it('add up per file system, until they are reduced or released', () => {
    const space = new Space();
    // A margin, since other programs write to the same disk.
    const most = Math.floor(halfOfFree() * 1.5);
    const [one, other] = [sandbox.path('one'), sandbox.path('other')];
    const first = space.reserve(one, most);
    expect(() => space.reserve(other, most)).toThrow(
      expect.objectContaining({
        code: 'too-little-space',
        message: expect.stringMatching(/^Not enough space in .+other: [\d.]+ \wB needed, [\d.]+ \wB free\.$/),
      }),
    );
    first.setRemaining(0);
    const second = space.reserve(other, most);
    expect(() => space.reserve(one, most)).toThrow('Not enough space');
    second.release();
    space.reserve(one, most).release();
  });

  it('of nothing always fit', () => {
    const space = new Space();
    space.reserve(sandbox.dir, halfOfFree());
    const nothing = space.reserve(sandbox.dir, 0);
    nothing.setRemaining(TOO_MUCH);
    nothing.release();
    space.reserve(sandbox.dir, 1).release();
  });
});

describe('a file system that', () => {
  const report = (stats: object) =>
    setFaults({ call: 'statfs', returns: { type: 0, bsize: 4096, blocks: 0, bavail: 0, ...stats } });

  it.each([
    ['reports 0 of 0 bytes', {}],
    ['reports 0 of 0 bytes in blocks of 0 bytes', { bsize: 0 }],
    ['reports free bytes of 0 bytes', { bavail: 5 }],
  ])('%s does not tell its free space', (_what, stats) => {
    report(stats);
    expect(fileSystemOf(sandbox.dir)).toBeUndefined();
    assertSpace(sandbox.path('a.ckpt'), TOO_MUCH);
    new Space().reserve(sandbox.dir, TOO_MUCH).release();
  });

  it('reports 0 of some bytes is full', () => {
    report({ blocks: 10 });
    expect(() => assertSpace(sandbox.path('a.ckpt'), 1)).toThrow('Not enough space');
    expect(() => new Space().reserve(sandbox.path('new'), 1)).toThrow('Not enough space');
  });

  it('is FAT refuses a file of 4 GiB before its first byte, however much is free', () => {
    report({ type: 0x4d44, blocks: 2 ** 40, bavail: 2 ** 40 });
    assertSpace(sandbox.path('a.ckpt'), 2 ** 32 - 1);
    expect(() => assertSpace(sandbox.path('a.ckpt'), 2 ** 32)).toThrow(
      expect.objectContaining({
        code: 'file-too-large',
        message: `${sandbox.dir} is on a FAT file system, whose files end at 4 GiB: a.ckpt needs 4.29 GB.`,
      }),
    );
  });
});
