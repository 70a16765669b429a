import { statfsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { assertSpace, fileSystemOf, Space } from '../../src/disk/space.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';

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
