import { rm } from 'node:fs/promises';
import { beforeEach, expect } from 'vitest';
import { FileIndex } from '../../src/cache/file-index.js';
import type { ScanEvent, ScanOptions, scan } from '../../src/cache/scan.js';
import { createLock } from '../../src/disk/lock.js';
import type { NetworkError } from '../../src/errors.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import { digestOf } from '../transfer/fox.js';

/** The built module, since the worker's program is next to it. */
const built = new URL('../../dist/cache/scan.js', import.meta.url).href;
const { scan: run }: { scan: typeof scan } = await import(built);
/** The built module has its own error classes. */
const { NetworkError: BuiltError }: { NetworkError: typeof NetworkError } = await import(
  new URL('../../dist/errors.js', import.meta.url).href
);

const lock = createLock({ pid: process.pid, isRunning: () => true });
const sha = (content: string) => digestOf('SHA256', Buffer.from(content)).toUpperCase();
let index: FileIndex;
let events: ScanEvent[];
let asked: (readonly string[])[];
beforeEach(() => {
  index = new FileIndex(sandbox.path('cache'), {
    lock,
    now: Date.now,
    onCorrupt: () => expect.unreachable('All lines are valid.'),
  });
  events = [];
  asked = [];
});

function scanModels(given: Partial<ScanOptions> = {}) {
  return run(sandbox.path('models'), {
    index,
    getOwners: async (hashes) => {
      asked.push(hashes);
      return new Map([[sha('known'), { modelId: 1, versionId: 2 }]]);
    },
    signal: new AbortController().signal,
    threads: 2,
    now: () => 5,
    emit: (event) => events.push(event),
    ...given,
  });
}

const types = () => events.map(({ type }) => type).filter((type) => type !== 'progress');

it('adds files with their models, and reads them once', async () => {
  const known = await sandbox.write('models/a.ckpt', 'known');
  const unknown = await sandbox.write('models/b.ckpt', 'unknown content');
  const result = await scanModels();
  expect(result).toMatchObject({
    known: 0,
    damaged: [],
    unreadable: 0,
    unknown: [unknown],
    isInterrupted: false,
  });
  expect(types()).toEqual(['found', 'checked', 'checked']);
  expect(events[0]).toEqual({ type: 'found', files: 2, bytes: 20 });
  expect(await index.find({ sha256: sha('known') })).toMatchObject([
    { path: known, size: 5, verified: 'SHA256', checkedAt: 5, modelId: 1, versionId: 2 },
  ]);
  expect(await scanModels()).toMatchObject({ checked: [], known: 2, unknown: [unknown] });
  expect(asked).toEqual([
    expect.arrayContaining([sha('known'), sha('unknown content')]),
    [sha('unknown content')],
  ]);
});

it('asks for nothing if all models are known', async () => {
  await sandbox.write('models/a-mid_1-vid_2.ckpt', 'known');
  await scanModels();
  await scanModels();
  expect(asked).toEqual([[sha('known')]]);
});

it('reports a file that differs from its list of hashes, and does not add it', async () => {
  const path = await sandbox.write('models/a.ckpt', 'damaged');
  const list = await sandbox.write('models/a.csv', `SHA256, ${sha('known')}\n`);
  const damaged = { path, sha256: sha('damaged'), list, listed: sha('known') };
  expect(await scanModels()).toMatchObject({ damaged: [damaged], checked: [], unknown: [] });
  expect(types()).toEqual(['found', 'damaged']);
  expect((await index.all()).size).toBe(0);
});

it('ignores a list of hashes that may be of another file', async () => {
  await sandbox.write('models/a.ckpt', 'one');
  await sandbox.write('models/a.safetensors', 'other');
  await sandbox.write('models/a.csv', `SHA256, ${sha('known')}\n`);
  expect((await scanModels()).checked).toHaveLength(2);
});

it('warns of a file that changes or disappears, and goes on', async () => {
  const path = await sandbox.write('models/a.ckpt', 'gone');
  const emit = (event: ScanEvent) => {
    events.push(event);
    if (event.type === 'found') void rm(path);
  };
  expect(await scanModels({ emit })).toMatchObject({ unreadable: 1, checked: [] });
  expect(types()).toEqual(['found', 'warned']);
});

it('warns if the server does not respond', async () => {
  await sandbox.write('models/a.ckpt', 'known');
  const getOwners = () => Promise.reject(new BuiltError('unreachable', 'no'));
  expect(await scanModels({ getOwners })).toMatchObject({ unknown: undefined, checked: [{ checkedAt: 5 }] });
  expect(types()).toEqual(['found', 'checked', 'warned']);
});

it('keeps what was read before an interruption', async () => {
  for (const name of ['a', 'b', 'c']) await sandbox.write(`models/${name}.ckpt`, name);
  const controller = new AbortController();
  const emit = (event: ScanEvent) => {
    if (event.type === 'checked') controller.abort(new Error('interrupted'));
  };
  const result = await scanModels({ emit, threads: 1, signal: controller.signal });
  expect(result).toMatchObject({ isInterrupted: true, unknown: undefined });
  expect((await index.all()).size).toBe(result.checked.length);
  expect(result.checked.length).toBeLessThan(3);
  expect(asked).toEqual([]);
});

it('needs a folder', async () => {
  await expect(scanModels()).rejects.toThrow(
    `Cannot read ${sandbox.path('models')}: file or folder not found.`,
  );
});
