import { expect, it } from 'vitest';
import { choosesFiles, createSelection, DEFAULT_SELECTION } from '../../src/civitai/selection.js';
import { mergeOptions } from '../../src/options/options.js';

it('has no effect by default', () => {
  const selection = createSelection(mergeOptions());
  expect(selection).toEqual(DEFAULT_SELECTION);
  expect(choosesFiles(selection)).toBe(false);
});

it("has Civitai's names", () => {
  const options = mergeOptions({
    versions: '3',
    baseModel: 'sdxl1.0, Brand New',
    type: 'lora,LOCON',
    format: 'safetensors',
    precision: 'FP16, q4_k_m, any',
    pickle: false,
    since: '2026-01-31',
  });
  expect(createSelection(options)).toEqual({
    versions: 3,
    baseModels: ['SDXL 1.0', 'Brand New'],
    types: ['LORA', 'LoCon'],
    formats: ['SafeTensor'],
    precisions: ['fp16', 'q4_k_m', 'any'],
    noPickle: true,
    since: new Date('2026-01-31T00:00:00Z'),
  });
});

it.each([{ format: 'GGUF' }, { precision: 'fp16' }, { pickle: false }])('chooses files with %j', (given) => {
  expect(choosesFiles(createSelection(mergeOptions(given)))).toBe(true);
});
