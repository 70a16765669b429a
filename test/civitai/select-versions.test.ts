import { describe, expect, it } from 'vitest';
import type { Model, ModelVersion } from '../../src/civitai/model.js';
import type { FileChoice } from '../../src/civitai/select-files.js';
import { newestFirst, selectVersions } from '../../src/civitai/select-versions.js';
import { DEFAULT_SELECTION, type Selection } from '../../src/civitai/selection.js';
import { SelectionError } from '../../src/errors.js';
import { fileOf, modelOf, versionOf } from './samples.js';

const now = Date.parse('2026-08-15T12:00:00Z');
const paid = { paidAccess: { endsAt: new Date('2026-09-01T00:00:00Z') } };
const on = (day: string) => ({ publishedAt: `${day}T10:00:00.000Z` });
const pickle = (id: number) => ({ files: [fileOf(id * 10, { name: 'a.pt', primary: true })] });

function select(model: Model, given: Partial<Selection>, choice?: FileChoice) {
  return selectVersions(model, { ...DEFAULT_SELECTION, ...given }, { now, ...(choice && { choice }) });
}

function idsOf(versions: readonly ModelVersion[], given: Partial<Selection>, choice?: FileChoice) {
  const selected = select(modelOf(66, { name: 'Ink', versions }), given, choice);
  return 'error' in selected ? selected.error.message : selected.versions.map(({ id }) => id);
}

/** In the creator's order, which is not that of the dates. */
const versions = [
  versionOf(1, on('2026-03-01')),
  versionOf(2, { ...on('2026-05-01'), baseModel: 'Pony' }),
  versionOf(3, { ...on('2026-04-01'), baseModel: 'Pony' }),
  versionOf(4, on('2026-01-01')),
];

describe('versions', () => {
  it.each<readonly [given: Partial<Selection>, ids: readonly number[]]>([
    [{}, [1]],
    [{ versions: 'latest' }, [2]],
    [{ versions: 'all' }, [1, 2, 3, 4]],
    [{ versions: 1 }, [2]],
    [{ versions: 2 }, [2, 3]],
    [{ versions: 3 }, [2, 3, 1]],
    [{ versions: 100 }, [2, 3, 1, 4]],
    [{ baseModels: ['pony'] }, [2]],
    [{ baseModels: ['PONY', 'sdxl1.0'] }, [1]],
    [{ baseModels: ['SDXL 1.0'], versions: 'latest' }, [1]],
    [{ baseModels: ['SDXL 1.0'], versions: 'all' }, [1, 4]],
    [{ since: new Date('2026-04-01T10:00:00Z'), versions: 'all' }, [2, 3]],
    [{ since: new Date('2026-04-01T10:00:01Z'), versions: 'all' }, [2]],
    [{ types: ['Checkpoint', 'lora'] }, [1]],
  ])('of %j are %j', (given, ids) => {
    expect(idsOf(versions, given)).toEqual(ids);
  });

  it('of equal dates keep the order of the creator', () => {
    const same = [5, 6, 7].map((id) => versionOf(id, on('2026-05-01')));
    expect(idsOf([...versions, ...same], { versions: 4 })).toEqual([2, 5, 6, 7]);
  });

  it('without dates are last, and not since any date', () => {
    const undated = [versionOf(8), versionOf(9, { publishedAt: 'soon' })];
    const mixed = [...undated, ...versions, versionOf(10, { createdAt: '2026-04-15T00:00:00' })];
    expect(newestFirst(mixed).map(({ id }) => id)).toEqual([2, 10, 3, 1, 4, 8, 9]);
    expect(idsOf(mixed, { since: new Date(0), versions: 'all' })).toEqual([1, 2, 3, 4, 10]);
    expect(idsOf(undated, { versions: 'latest' })).toEqual([8]);
  });

  it('of a date in the future, as a scheduled release has, are the newest', () => {
    expect(idsOf([...versions, versionOf(11, on('2030-01-01'))], { versions: 'latest' })).toEqual([11]);
  });

  it('without files are skipped with the reason', () => {
    const selected = select(
      modelOf(66, { versions: [versionOf(5, { files: [], ...on('2026-08-01') }), ...versions] }),
      { versions: 'latest' },
    );
    expect(selected).toMatchObject({
      versions: [{ id: 2 }],
      skipped: [{ code: 'no-such-file', message: 'Version 5 (v5) of model 66 has no files.' }],
    });
  });

  it('in early access are skipped, unless all are: they may have been bought', () => {
    const early = [
      versionOf(5, { ...on('2026-08-01'), ...paid }),
      versionOf(6, { ...on('2026-08-02'), ...paid }),
    ];
    expect(idsOf([...early, ...versions], {})).toEqual([1]);
    expect(idsOf([...early, ...versions], { versions: 'latest' })).toEqual([2]);
    expect(idsOf([...early, ...versions], { versions: 'all' })).toEqual([1, 2, 3, 4]);
    expect(idsOf(early, {})).toEqual([5]);
    expect(idsOf(early, { versions: 'latest' })).toEqual([6]);
    expect(idsOf(early, { versions: 'all' })).toEqual([5, 6]);
  });

  it('with a file that fits replace those without', () => {
    const mixed = [versionOf(5, pickle(5)), versionOf(6), versionOf(7, pickle(7))];
    expect(idsOf(mixed, {})).toEqual([5]);
    expect(idsOf(mixed, { noPickle: true })).toEqual([6]);
    expect(idsOf(mixed, { noPickle: true, versions: 'all' })).toEqual([6]);
    expect(idsOf(mixed, { formats: ['PickleTensor'], versions: 'all' })).toEqual([5, 7]);
    expect(idsOf(mixed, { formats: ['PickleTensor'], versions: 'all' }, 'all')).toEqual([5, 7]);
    // A named file does not have to fit.
    expect(idsOf(mixed, { noPickle: true }, { named: '50' })).toEqual([5]);
  });
});

describe('nothing that fits', () => {
  it.each<readonly [given: Partial<Selection>, message: string]>([
    [{ types: ['VAE'] }, 'Ink (model 66) is of type LORA, not VAE.'],
    [{ types: ['VAE', 'LoCon', 'DoRA'] }, 'Ink (model 66) is of type LORA, not VAE, LoCon or DoRA.'],
    [
      { baseModels: ['SD 1.5'] },
      'Ink (model 66) has no version for SD 1.5. Its base models: SDXL 1.0, Pony.',
    ],
    [
      { baseModels: ['Pony'], since: new Date('2026-06-01') },
      'Ink (model 66) has no version from 2026-06-01 or later. The latest that fits is from 2026-05-01.',
    ],
    [
      { formats: ['GGUF', 'ONNX'], precisions: ['fp16'], noPickle: true },
      'Ink (model 66) has no file of format GGUF or ONNX and of precision fp16 that is not a pickle. ' +
        'Its files: SafeTensor.',
    ],
  ])('of %j is said', (given, message) => {
    const selected = select(modelOf(66, { name: 'Ink', versions }), given);
    expect(selected).toEqual({ error: expect.any(SelectionError) });
    expect(selected).toMatchObject({ error: { code: 'nothing-fits', message } });
  });

  it('is said of pickles', () => {
    expect(idsOf([versionOf(5, pickle(5))], { noPickle: true })).toBe(
      'Ink (model 66) has no file that is not a pickle. Its files: PickleTensor.',
    );
  });

  it('does not list more base models than one can read', () => {
    const many = Array.from({ length: 12 }, (_, id) => versionOf(id + 1, { baseModel: `Base ${id}` }));
    expect(idsOf(many, { baseModels: ['Pony'] })).toMatch(/Base 6, Base 7 and 4 more\.$/);
  });

  it.each<readonly [what: string, given: Partial<Model>, code: string]>([
    ['without versions', { versions: [] }, 'no-such-file'],
    ['whose versions have no files', { versions: [versionOf(5, { files: [] })] }, 'no-such-file'],
    ['that is archived', { mode: 'Archived' }, 'archived'],
  ])('is not what a model %s has: it is an error as without a selection', (_what, given, code) => {
    const selected = select(modelOf(66, given), { noPickle: true, baseModels: ['SDXL 1.0'] });
    expect(selected).toMatchObject({ error: { code } });
    expect(selected).not.toMatchObject({ error: expect.any(SelectionError) });
  });
});
