import { describe, expect } from 'vitest';
import type { RunContext } from '../../src/download/context.js';
import type { Outcome } from '../../src/download/events.js';
import { downloadFiles, type ReservedFile } from '../../src/download/item.js';
import { plan } from '../../src/download/plan.js';
import { basic } from '../../src/sorter/basic.js';
import { fileOf, modelOf, versionOf } from '../civitai/samples.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import { testRun } from './run-context.js';

const model = modelOf(66);
const version = versionOf(75, { files: [fileOf(1, { primary: true }), fileOf(2)] });
const subject = { text: '66' };

const contextWith = (overrides: Partial<RunContext> = {}) =>
  testRun(sandbox.path('models'), { withoutModel: true }, overrides).run;

/** One file of the version, of which only metadata are to be written. */
function fileWithPlan(id: number, { rootDir, options }: RunContext): ReservedFile {
  const file = fileOf(id);
  const directories = basic(model, version, file, rootDir);
  const planned = { plan: plan({ model, version, file, directories, options }), missing: 0 };
  return { prepared: { model, version, file, directories, planned }, reservation: undefined };
}

async function download(files: readonly ReservedFile[], run: RunContext): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const item = { subject, emit: () => {}, almostDone: () => {} };
  for await (const outcome of downloadFiles(files, item, run)) outcomes.push(outcome);
  return outcomes;
}

const statuses = (outcomes: readonly Outcome[]) => outcomes.map(({ status }) => status);

describe('the files of an item', () => {
  it('are written', async () => {
    const run = contextWith();
    const outcomes = await download([fileWithPlan(1, run), fileWithPlan(2, run)], run);
    expect(outcomes).toMatchObject([
      { subject, status: 'done', file: { how: 'left-out' } },
      { subject, status: 'done', file: { how: 'left-out' } },
    ]);
    expect(await sandbox.tree()).toHaveLength(3);
  });

  it('are only planned in a dry run', async () => {
    const run = contextWith({ dryRun: true });
    expect(statuses(await download([fileWithPlan(1, run), fileWithPlan(1, run)], run))).toEqual([
      'planned',
      'repeated',
    ]);
    expect(await sandbox.tree()).toEqual([]);
  });

  it('are downloaded once, even if two items download them in parallel', async () => {
    const run = contextWith();
    const both = await Promise.all([1, 2].map(() => download([fileWithPlan(1, run)], run)));
    expect(both.map(statuses)).toEqual([['done'], ['repeated']]);
  });

  it('are downloaded by another item if the first one fails', async () => {
    const run = contextWith();
    await sandbox.write('models', 'a file in the place of the root directory');
    const failed = fileWithPlan(1, run);
    const good = fileWithPlan(1, { ...run, rootDir: sandbox.path('other') });
    const all = await Promise.all([failed, good, good].map((file) => download([file], run)));
    expect(all.map(statuses)).toEqual([['failed'], ['done'], ['repeated']]);
  });

  it('fail if they have no plan', async () => {
    const run = contextWith();
    const error = new Error('no plan');
    const prepared = { model, version, file: fileOf(1), error };
    const outcomes = await download([{ prepared, reservation: undefined }, fileWithPlan(2, run)], run);
    expect(outcomes).toMatchObject([{ status: 'failed', error }, { status: 'done' }]);
  });
});
