import { appendFile, readdir, rename, truncate } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { beforeEach, describe, expect } from 'vitest';
import type { CachedFile } from '../../src/cache/entry.js';
import { type CorruptLines, FileIndex } from '../../src/cache/file-index.js';
import { createLock } from '../../src/disk/lock.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import { cachedFile as file, sha } from './cached-file.js';

let corrupt: CorruptLines[];
beforeEach(() => {
  corrupt = [];
});

const lock = createLock({ pid: process.pid, isRunning: () => true });
const open = (folder = 'cache') =>
  new FileIndex(sandbox.path(folder), { lock, now: Date.now, onCorrupt: (one) => corrupt.push(one) });

async function text(): Promise<string> {
  const names = await readdir(sandbox.path('cache/index-1'));
  return (await Promise.all(names.map((name) => sandbox.read(`cache/index-1/${name}`)))).join('');
}

describe('an index of files', () => {
  it('is empty if it is missing', async () => {
    expect(await open().find({ sha256: sha('0') })).toEqual([]);
    expect((await open().all()).size).toBe(0);
    await open().clear();
    await open().remove(file('/a'));
  });

  it('finds a file by its SHA256 in either case, or by its id where it has none', async () => {
    const [known, unknown] = [
      file('/a', { fileId: 5, modelId: 1 }),
      file('/b', { sha256: undefined, fileId: 5 }),
    ];
    await open().put(known);
    await open().put(unknown);
    expect(await open().find({ sha256: sha('0').toLowerCase(), fileId: 7 })).toEqual([known]);
    expect(await open().find({ fileId: 5 })).toEqual([unknown]);
    expect(await open().find({ fileId: 261 })).toEqual([]);
    expect(await open().find({})).toEqual([]);
  });

  it('does not add a line twice', async () => {
    for (let time = 0; time < 3; time++) await open().put(file('/a'));
    expect((await text()).split('\n')).toHaveLength(2);
  });

  it('stays small however often a file changes', async () => {
    for (let time = 0; time < 200; time++) await open().put(file('/a', { checkedAt: time }));
    expect((await text()).split('\n').length).toBeLessThan(50);
    expect(await open().find({ sha256: sha('0') })).toEqual([file('/a', { checkedAt: 199 })]);
  });

  it('loses nothing when many write at once', async () => {
    const paths = Array.from({ length: 60 }, (_, index) => `/models/${index}`);
    await Promise.all(paths.map((path, index) => open().put(file(path, { sha256: sha(String(index % 3)) }))));
    expect([...(await open().all()).keys()].sort()).toEqual(paths.toSorted());
  });

  it('loses nothing when many write at once and it is compacted repeatedly', async () => {
    const writers = Array.from({ length: 20 }, async (_, writer) => {
      const index = open();
      for (let time = 0; time < 10; time++) {
        await index.put(file(`/models/${writer}`, { checkedAt: time }));
        await index.put(file('/models/shared', { checkedAt: writer * 100 + time }));
      }
    });
    await Promise.all(writers);
    const files = [...(await open().all()).values()].filter(({ path }) => path !== '/models/shared');
    expect(files.map(({ checkedAt }) => checkedAt)).toEqual(Array(20).fill(9));
    expect((await readdir(sandbox.path('cache/index-1'))).sort()).toEqual(['aa.jsonl']);
    expect(corrupt).toEqual([]);
  });

  it('goes on after an interrupted compaction', async () => {
    await open().put(file('/a'));
    await open().put(file('/b'));
    const path = sandbox.path('cache/index-1/aa.jsonl');
    await rename(path, `${path}.old`);
    expect((await open().find({ sha256: sha('0') })).map((one) => one.path).sort()).toEqual(['/a', '/b']);
    expect((await open().all()).size).toBe(2);
    for (let time = 0; time < 100; time++) await open().put(file('/c', { checkedAt: time }));
    expect([...(await open().all()).keys()].sort()).toEqual(['/a', '/b', '/c']);
    expect(await readdir(sandbox.path('cache/index-1'))).toEqual(['aa.jsonl']);
    await open().clear();
    expect(await readdir(sandbox.path('cache/index-1'))).toEqual([]);
  });

  it('has the newest content of each path', async () => {
    await open().put(file('/a', { sha256: sha('2') }));
    await wait(2);
    await open().put(file('/a', { sha256: sha('1') }));
    expect([...(await open().all()).values()].map(({ sha256 }) => sha256)).toEqual([sha('1')]);
  });

  it('drops an incomplete line, and goes on after it', async () => {
    await open().put(file('/a'));
    await open().put(file('/b'));
    const [shard = ''] = await readdir(sandbox.path('cache/index-1'));
    const path = sandbox.path('cache/index-1', shard);
    await truncate(path, (await sandbox.read(`cache/index-1/${shard}`)).length - 5);
    expect((await open().find({ sha256: sha('0') })).map((one) => one.path)).toEqual(['/a']);
    await open().put(file('/c'));
    expect((await open().find({ sha256: sha('0') })).map((one) => one.path)).toEqual(['/c', '/a']);
    await open().put(file('/d'));
    expect((await open().find({ sha256: sha('0') })).map((one) => one.path)).toEqual(['/d', '/c', '/a']);
    expect(corrupt).toEqual([{ path, lines: 1, kept: `${path}.broken` }]);
  });

  it('ignores corrupt lines', async () => {
    await open().put(file('/a'));
    const [shard = ''] = await readdir(sandbox.path('cache/index-1'));
    const good = (await text()).trim();
    const wrong = [good.replace('"size":1', '"size":-1'), good.replace('"ino"', '"no"'), '[]', 'null', '{'];
    await appendFile(sandbox.path('cache/index-1', shard), `${wrong.join('\n')}\n`);
    expect(await open().find({ sha256: sha('0') })).toEqual([file('/a')]);
  });
});

it('An index behaves like a map', async () => {
  const step = fc.record({
    path: fc.constantFrom('/a', '/b', '/with "quotes"\n', '/ünï'),
    hash: fc.constantFrom('0', '1'),
    what: fc.constantFrom('put', 'put', 'drop', 'clear'),
    checkedAt: fc.nat(),
  });
  let count = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const index = open(`cache-${count++}`);
      const model = new Map<string, CachedFile>();
      for (const { path, hash, what, checkedAt } of steps) {
        const one = file(path, { sha256: sha(hash), checkedAt });
        if (what === 'put') await index.put(one);
        else if (what === 'drop') await index.remove(one);
        else await index.clear();
        if (what === 'put') model.set(`${hash} ${path}`, one);
        else if (what === 'drop') model.delete(`${hash} ${path}`);
        else model.clear();
      }
      for (const hash of ['0', '1']) {
        const expected = [...model.values()].filter(({ sha256 }) => sha256 === sha(hash));
        const byPath = (a: CachedFile, b: CachedFile) => (a.path < b.path ? -1 : 1);
        expect((await index.find({ sha256: sha(hash) })).toSorted(byPath)).toEqual(expected.toSorted(byPath));
      }
    }),
    { numRuns: 15 },
  );
});
