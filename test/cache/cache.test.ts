import { appendFile, readdir } from 'node:fs/promises';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { openCache } from '../../src/cache/cache.js';
import { createLock } from '../../src/disk/lock.js';
import type { CivitdlError } from '../../src/errors.js';
import { setFaults } from '../harness/faulty-fs.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import { cachedFile, sha } from './cached-file.js';

const lock = createLock({ pid: process.pid, isRunning: () => true });
vi.mock('node:fs', async (original) =>
  (await import('../harness/faulty-fs.js')).faultyFs(await original<object>()),
);
afterEach(() => void setFaults());

let warnings: CivitdlError[];
let lines: string[];
beforeEach(() => {
  warnings = [];
  lines = [];
});

const open = (willAdd = true) =>
  openCache({
    folder: sandbox.path('cache'),
    lock,
    now: Date.now,
    warn: (error) => warnings.push(error),
    willAdd,
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
      `The index of downloaded files is unavailable. Cannot create ${folder}/index-1: a part of the path is not a folder. Set CIVITDL_CACHE_DIR to a folder that you can write, or pass --no-cache.`,
    ],
  ]);
});

it('warns when it is opened that nothing can be added, unless nothing will be', async () => {
  await sandbox.write('cache', 'a file');
  open(false);
  expect(warnings).toEqual([]);
  open();
  expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining('CIVITDL_CACHE_DIR')]);
});

it.each(['EACCES', 'EPERM', 'EROFS'])('tries once in a run to create its folder (%s)', async (code) => {
  const failures = setFaults({ call: 'mkdir', path: 'cache', code, times: 9 });
  const cache = open();
  const startedAt = performance.now();
  for (const name of ['/a', '/b', '/c']) await cache.put(cachedFile(name));
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  expect(failures()).toEqual([1]);
  expect(warnings.map(({ message }) => message)).toEqual([
    expect.stringMatching(/Cannot create .*index-1: .*CIVITDL_CACHE_DIR/),
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
