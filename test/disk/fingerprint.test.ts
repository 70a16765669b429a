import { link, symlink, utimes, writeFile } from 'node:fs/promises';
import { beforeEach, expect } from 'vitest';
import { fingerprint, sameFingerprint } from '../../src/disk/fingerprint.js';
import { swapBytes } from '../harness/files.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';

let path: string;
beforeEach(async () => {
  path = await sandbox.write('file', 'content');
  // Two changes within one tick of the clock would have the same time.
  await utimes(path, new Date(), new Date('2020-01-01'));
});

it('is the same while nothing is done to the file', async () => {
  const before = fingerprint(path);
  expect(before).toEqual({
    size: 7,
    mtimeNs: expect.stringMatching(/^\d{19}$/),
    ino: expect.stringMatching(/^\d+$/),
    dev: expect.stringMatching(/^\d+$/),
  });
  expect(sameFingerprint(before, fingerprint(path))).toBe(true);
});

it.each<readonly [what: string, change: () => Promise<unknown>]>([
  ['its size', () => writeFile(path, 'longer content')],
  ['its bytes', () => writeFile(path, 'context')],
  ['its time', () => utimes(path, new Date(), new Date(0))],
  ['its place on the disk', () => swapBytes(path)],
])('changes with %s', async (_what, change) => {
  const before = fingerprint(path);
  await change();
  expect(sameFingerprint(before, fingerprint(path))).toBe(false);
});

it('is that of the file that a link leads to', async () => {
  await symlink(path, sandbox.path('symbolic'));
  await link(path, sandbox.path('hard'));
  for (const name of ['symbolic', 'hard']) expect(fingerprint(sandbox.path(name))).toEqual(fingerprint(path));
});

it('is undefined without a file, and equal to none then', async () => {
  for (const name of ['home', 'missing', 'file/below'])
    expect(fingerprint(sandbox.path(name))).toBeUndefined();
  expect(sameFingerprint(undefined, undefined)).toBe(false);
  expect(sameFingerprint(fingerprint(path), undefined)).toBe(false);
});
