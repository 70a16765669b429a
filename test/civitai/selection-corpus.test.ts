import { describe, expect, it } from 'vitest';
import { unavailableReason } from '../../src/civitai/availability.js';
import { isPickle } from '../../src/civitai/fitting-files.js';
import type { Model, ModelFile } from '../../src/civitai/model.js';
import { modelSchema } from '../../src/civitai/schema.js';
import { primaryFile, selectFiles } from '../../src/civitai/select-files.js';
import { dateOf, fittingVersions, selectVersions } from '../../src/civitai/select-versions.js';
import { DEFAULT_SELECTION, type Selection } from '../../src/civitai/selection.js';
import { SelectionError } from '../../src/errors.js';
import { corpusModel2024, corpusModels, hasCorpus, noCorpus } from './corpus.js';

const now = Date.parse('2026-08-15T12:00:00Z');
const ids = (things: readonly { readonly id: number }[]) => things.map(({ id }) => id);

describe('the selection of real models', () => {
  const models: readonly Model[] = hasCorpus
    ? [...corpusModels(), corpusModel2024()].map((text) => modelSchema.parse(JSON.parse(text)))
    : [];
  const select = (model: Model, given: Partial<Selection>) => {
    const selected = selectVersions(model, { ...DEFAULT_SELECTION, ...given }, { now });
    return 'error' in selected ? selected.error : selected.versions;
  };

  it('is by default the first version that can be downloaded, and its primary file', ({ skip }) => {
    skip(!hasCorpus, noCorpus);
    let chosen = 0;
    for (const model of models) {
      expect(fittingVersions(model, DEFAULT_SELECTION, 'primary')).toEqual({ versions: model.versions });
      const first = model.versions.find(
        (version) => !unavailableReason(model, version, now) && primaryFile(version.files),
      );
      const selected = select(model, {});
      expect(Array.isArray(selected) ? ids(selected) : undefined).toEqual(first && [first.id]);
      for (const version of model.versions) {
        const primary = primaryFile(version.files);
        if (!primary) continue;
        chosen++;
        const isOther = (file: ModelFile) => file !== primary && file.type !== 'Training Data';
        expect(selectFiles(version, undefined, 'primary', DEFAULT_SELECTION)).toEqual([primary]);
        expect(selectFiles(version, undefined, 'all', DEFAULT_SELECTION)).toEqual([
          primary,
          ...version.files.filter(isOther),
        ]);
      }
    }
    expect(models).toHaveLength(300);
    expect(chosen).toBeGreaterThan(500);
  });

  it.for<readonly [given: Partial<Selection>, minFitting: number]>([
    [{ baseModels: ['sd1.5'], versions: 'all' }, 100],
    [{ types: ['lora'] }, 20],
    [{ noPickle: true, versions: 'all' }, 100],
    [{ formats: ['SafeTensor'], versions: 2 }, 100],
    [{ formats: ['PickleTensor'], precisions: ['fp16', 'fp32'] }, 5],
    [{ since: new Date('2023-04-01'), versions: 'latest' }, 10],
  ])('of %j has only what fits, and else the reason', ([given, minFitting], { skip }) => {
    skip(!hasCorpus, noCorpus);
    const results = models.map((model) => ({ model, selected: select(model, given) }));
    const fitting = results.flatMap(({ model, selected }) =>
      Array.isArray(selected) ? [{ model, versions: selected as Model['versions'] }] : [],
    );
    expect(fitting.length).toBeGreaterThanOrEqual(minFitting);
    for (const { model, versions } of fitting) {
      expect(versions.length).toBeGreaterThan(0);
      if (given.types) expect(model.type).toBe('LORA');
      if (typeof given.versions === 'number') expect(versions.length).toBeLessThanOrEqual(given.versions);
      for (const version of versions) {
        if (given.baseModels) expect(version.baseModel).toBe('SD 1.5');
        if (given.since) expect(Number(dateOf(version))).toBeGreaterThanOrEqual(Number(given.since));
        const files = selectFiles(version, undefined, 'all', { ...DEFAULT_SELECTION, ...given });
        if (given.noPickle) expect(files.some(isPickle)).toBe(false);
        if (given.precisions)
          expect(files.every(({ precision }) => /^fp(16|32)$/.test(precision ?? ''))).toBe(true);
      }
    }
    const passedOver = results.filter(({ selected }) => selected instanceof SelectionError);
    expect(passedOver.length).toBeGreaterThan(0);
  });
});
