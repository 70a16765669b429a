import { appendFile, readdir, rm } from 'node:fs/promises';
import { beforeEach, describe, expect } from 'vitest';
import { FinishedIndex, type FinishedVersion } from '../../src/cache/finished-index.js';
import type { CorruptLines } from '../../src/cache/sharded-index.js';
import { createLock } from '../../src/disk/lock.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';

let corrupt: CorruptLines[];
beforeEach(() => {
  corrupt = [];
});

const lock = createLock({ pid: process.pid, isRunning: () => true });
const open = () =>
  new FinishedIndex(sandbox.path('cache'), { lock, now: Date.now, onCorrupt: (one) => corrupt.push(one) });
const key = { rootDir: '/models', versionId: 75, fileIds: [1, 2] };
const folder = () => sandbox.path('cache/finished-1');

const finished: FinishedVersion = {
  settings: 'settings',
  digest: 'digest',
  trainedWords: ['ink', 'paper'],
  page: 'https://civitai.com/models/66?modelVersionId=75',
  models: [
    {
      fileId: 1,
      file: { path: 'a/a.ckpt', size: 5, mtimeNs: '17', ino: '18446744073709551615', dev: '3' },
      verified: 'SHA256',
      checkedAt: 1_700_000_000_000,
      images: 3,
    },
    { fileId: 2, images: 0 },
  ],
  others: [{ path: 'a/a.csv', size: 0, mtimeNs: '-1' }],
};

/** The text of all lines. */
async function text(): Promise<string> {
  const names = (await readdir(folder())).filter((name) => name.endsWith('.jsonl'));
  return (await Promise.all(names.map((name) => sandbox.read(`cache/finished-1/${name}`)))).join('');
}

describe('an index of finished versions', () => {
  it('is empty if it is missing', async () => {
    expect(await open().find(key)).toBeUndefined();
    await open().clear();
  });

  it('returns what was put, whatever the order of the files', async () => {
    await open().put(key, finished);
    expect(await open().find({ ...key, fileIds: [2, 1] })).toEqual(finished);
  });

  it.each([
    ['root directory', { ...key, rootDir: '/other' }],
    ['version', { ...key, versionId: 76 }],
    ['choice of files', { ...key, fileIds: [1] }],
  ])('does not take it for another %s', async (_what, other) => {
    await open().put(key, finished);
    expect(await open().find(other)).toBeUndefined();
  });

  it('has the last of several records, and does not grow with them', async () => {
    await sandbox.write('models/a/a.ckpt', 'bytes');
    const own = { ...key, rootDir: sandbox.path('models') };
    for (let run = 0; run < 100; run++) await open().put(own, { ...finished, digest: `digest ${run}` });
    expect(await open().find(own)).toMatchObject({ digest: 'digest 99' });
    expect((await text()).trim().split('\n').length).toBeLessThan(50);
  });

  it('does not add a record twice', async () => {
    for (let run = 0; run < 3; run++) await open().put(key, finished);
    expect((await text()).trim().split('\n')).toHaveLength(1);
  });

  it('drops records of files that are gone when it is compacted', async () => {
    await sandbox.write('models/a/a.ckpt', 'bytes');
    const own = { ...key, rootDir: sandbox.path('models') };
    await open().put(own, finished);
    await rm(sandbox.path('models/a'), { recursive: true });
    // The shard of the record, with a corrupt line: the next line compacts it.
    const [name = ''] = await readdir(folder());
    await appendFile(`${folder()}/${name}`, 'corrupt\n');
    await open().put(own, { ...finished, digest: 'other' });
    expect(corrupt).toMatchObject([{ lines: 1 }]);
    expect((await text()).trim()).toBe('');
    expect(await open().find(own)).toBeUndefined();
  });

  it('ignores lines that are corrupt, or of another program', async () => {
    await open().put(key, finished);
    const [name = ''] = await readdir(folder());
    const { key: lineKey } = JSON.parse(await text());
    const wrong = {
      key: lineKey,
      at: Date.now() + 1,
      rootDir: '/models',
      finished: { ...finished, models: [] },
    };
    await appendFile(`${folder()}/${name}`, `${JSON.stringify(wrong)}\n{"key":"${lineKey}"`);
    expect(await open().find(key)).toEqual(finished);
  });

  it('is cleared', async () => {
    await open().put(key, finished);
    await open().clear();
    expect(await open().find(key)).toBeUndefined();
    expect(await readdir(folder())).toEqual([]);
  });

  it('needs about a kilobyte for a version with images', async () => {
    const others = Array.from({ length: 8 }, (_, index) => ({
      path: `Paper Lantern XL/extra_data-vid_1234567/1234567${index}-prompt.json`,
      size: 12_345,
      mtimeNs: '1795564398292176636',
    }));
    await open().put(key, { ...finished, others });
    expect((await text()).length).toBeLessThan(1_500);
  });
});
