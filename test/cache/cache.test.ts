import { appendFile, readdir } from 'node:fs/promises';
import { beforeEach, expect } from 'vitest';
import { openCache } from '../../src/cache/cache.js';
import { createLock } from '../../src/disk/lock.js';
import type { CivitdlError } from '../../src/errors.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import { cachedFile, sha } from './cached-file.js';

const lock = createLock({ pid: process.pid, isRunning: () => true });
let warnings: CivitdlError[];
let lines: string[];
beforeEach(() => {
  warnings = [];
  lines = [];
});

const open = () =>
  openCache({
    folder: sandbox.path('cache'),
    lock,
    now: Date.now,
    warn: (error) => warnings.push(error),
    trace: (line) => lines.push(line),
  });

it('remembers files, and prints why one is removed', async () => {
  const cache = open();
  await cache.put(cachedFile('/a'));
  expect(await cache.find({ sha256: sha('0') })).toEqual([cachedFile('/a')]);
  await cache.remove(cachedFile('/a'), 'is gone');
  expect(await cache.find({ sha256: sha('0') })).toEqual([]);
  expect(lines).toEqual(['cache: /a is gone; removed from the index']);
  expect(warnings).toEqual([]);
});

it('warns once if the index is unavailable, and finds nothing', async () => {
  const folder = await sandbox.write('cache', 'a file');
  const cache = open();
  expect(await cache.find({ sha256: sha('0') })).toEqual([]);
  await cache.put(cachedFile('/a'));
  await cache.remove(cachedFile('/a'), 'is gone');
  expect(warnings.map(({ code, message }) => [code, message])).toEqual([
    [
      'file-system',
      `The index of downloaded files is unavailable. Cannot read ${folder}/index-1: a part of the path is not a folder.`,
    ],
  ]);
});

it('warns of corrupt lines', async () => {
  await open().put(cachedFile('/a'));
  const [shard = ''] = await readdir(sandbox.path('cache/index-1'));
  const path = sandbox.path('cache/index-1', shard);
  await appendFile(path, 'nonsense\n');
  await open().put(cachedFile('/b'));
  expect(warnings.map(({ message }) => message)).toEqual([
    `The index of downloaded files had 1 corrupt line in ${path}. They were dropped; the old file is kept as ${path}.broken.`,
  ]);
});
