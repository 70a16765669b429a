import { describe, expect } from 'vitest';
import { openCache } from '../../src/cache/cache.js';
import type { FinishedVersion } from '../../src/cache/finished-index.js';
import { fingerprint } from '../../src/disk/fingerprint.js';
import { createLock } from '../../src/disk/lock.js';
import type { RunContext } from '../../src/download/context.js';
import type { FinishedVersions } from '../../src/download/finished-versions.js';
import { planRun } from '../../src/download/plan-run.js';
import type { RunItem } from '../../src/download/run-item.js';
import type { PartialOptions } from '../../src/options/options.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import { listedFile, listedItem, runItem } from './listed-items.js';
import { testRun } from './run-context.js';

const MB = 1_000_000;
const none = { models: 0, versions: 0, files: 0, bytes: 0, unknown: 0 };
const single: RunItem = { request: { source: { kind: 'model', modelId: 66 }, text: '66' } };
const sha256 = 'AB'.repeat(32);

function openIndex() {
  const lock = createLock({ pid: process.pid, isRunning: () => true });
  return openCache({ folder: sandbox.path('cache'), lock, now: Date.now, warn: () => {} });
}

/** A record in which these versions are finished. */
function finishedVersions(...ids: readonly number[]): FinishedVersions {
  const find = async ({ version }: { version: { id: number } }) =>
    ids.includes(version.id) ? ({} as FinishedVersion) : undefined;
  return { find } as unknown as FinishedVersions;
}

function planOf(
  items: readonly RunItem[],
  {
    options = {},
    ...overrides
  }: Partial<Omit<RunContext, 'options'>> & { readonly options?: PartialOptions } = {},
) {
  const { run } = testRun(sandbox.path('models'), options, overrides);
  return planRun(items, run);
}

describe('the plan of a run with lists', () => {
  it('counts models, versions, files and bytes', async () => {
    const items = [
      listedItem(1),
      listedItem(2, { files: [listedFile(3), listedFile(4, { size: 3 * MB })] }),
      listedItem(1, { version: { id: 9, name: 'v2', baseModel: 'Pony' } }),
    ];
    const { plan, unfinished } = await planOf(items.map(runItem));
    const all = { models: 2, versions: 3, files: 4, bytes: 6 * MB, unknown: 0 };
    expect(plan).toEqual({
      rootDir: sandbox.path('models'),
      listed: all,
      missing: all,
      present: none,
      types: [{ type: 'LORA', ...all }],
      otherSources: 0,
      free: expect.any(Number),
    });
    expect(unfinished).toEqual(items.map(runItem));
  });

  it.each([
    ['a file of unknown size', [listedFile(1, { size: undefined }), listedFile(2)], 2, MB, 1],
    ['a file whose size nobody measured', [listedFile(1, { size: 0 })], 1, 0, 1],
    ['a list that tells no files', [], 1, 0, 1],
  ])('tells of %s', async (_what, files, count, bytes, unknown) => {
    const { plan } = await planOf([runItem(listedItem(1, { files }))]);
    expect(plan.missing).toEqual({ models: 1, versions: 1, files: count, bytes, unknown });
  });

  it('has no files without the model files', async () => {
    const { plan } = await planOf([runItem(listedItem(1))], { options: { withoutModel: true } });
    expect(plan.missing).toEqual({ ...none, models: 1, versions: 1 });
  });

  it('sorts the types by their models', async () => {
    const typed = (id: number, type: string) => listedItem(id, { model: { id, name: 'x', type } });
    const items = [typed(1, 'Checkpoint'), typed(2, 'LORA'), typed(3, 'LORA'), typed(4, 'VAE')];
    const { plan } = await planOf(items.map(runItem));
    expect(plan.types.map(({ type, models }) => [type, models])).toEqual([
      ['LORA', 2],
      ['Checkpoint', 1],
      ['VAE', 1],
    ]);
  });

  it('counts what an earlier run has finished as present, and keeps the rest', async () => {
    const items = [listedItem(1), listedItem(2), listedItem(3)].map(runItem);
    const { plan, unfinished } = await planOf([...items, single], { finished: finishedVersions(1_002) });
    expect(plan).toMatchObject({
      listed: { models: 3, files: 3 },
      present: { models: 1, files: 1, bytes: MB },
      missing: { models: 2, files: 2, bytes: 2 * MB },
      otherSources: 1,
    });
    expect(unfinished).toEqual([items[0], items[2], single]);
  });

  describe('with a copy in the index', () => {
    const item = () => runItem(listedItem(1, { files: [listedFile(5, { sha256 })] }));

    async function index(given: { fileId?: number; sha256?: string }) {
      const path = await sandbox.write('elsewhere/a.safetensors', 'bytes');
      const state = fingerprint(path);
      if (!state) throw new Error('No file.');
      const cache = openIndex();
      await cache.put({ path, ...state, verified: 'SHA256', checkedAt: 1, ...given });
      return cache;
    }

    it.each([
      ['unchanged', {}, async () => {}, 1],
      ['changed', {}, async () => void (await sandbox.write('elsewhere/a.safetensors', 'other bytes')), 0],
      ['to be downloaded again', { modelOverwrite: true }, async () => {}, 0],
      ['that is not wanted', { withoutModel: true }, async () => {}, 0],
    ])('counts as present if it is %s', async (_what, options, change, present) => {
      const cache = await index({ sha256 });
      await change();
      const { plan, unfinished } = await planOf([item()], { cache, options });
      expect(plan.present.versions).toBe(present);
      expect(plan.missing.versions).toBe(1 - present);
      // Its metadata may have changed.
      expect(unfinished).toHaveLength(1);
    });

    it('does not count if one of two files is missing', async () => {
      const cache = await index({ sha256 });
      const both = runItem(listedItem(1, { files: [listedFile(5, { sha256 }), listedFile(6)] }));
      const { plan } = await planOf([both], { cache });
      expect(plan).toMatchObject({ present: none, missing: { files: 2 } });
    });
  });

  it('counts what a list only names', async () => {
    const source = { kind: 'model', modelId: 7 } as const;
    const { plan } = await planOf([{ request: { source, text: '7', list: 'favorites' } }, single]);
    const counts = { models: 1, versions: 1, files: 1, bytes: 0, unknown: 1 };
    expect(plan).toMatchObject({
      missing: counts,
      types: [{ type: 'unknown type', ...counts }],
      otherSources: 1,
    });
  });

  it('ends with the run', async () => {
    await expect(planOf([single], { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
  });
});
