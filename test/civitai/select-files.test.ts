import { describe, expect, it } from 'vitest';
import type { ModelFile, ModelVersion } from '../../src/civitai/model.js';
import { type FileChoice, primaryFile, selectFiles } from '../../src/civitai/select-files.js';
import type { FileSelector } from '../../src/civitai/source.js';
import { NotFoundError } from '../../src/errors.js';
import { fileOf, versionOf } from './samples.js';

describe('the primary file', () => {
  it.each<readonly [what: string, files: readonly ModelFile[], id: number | undefined]>([
    ['the marked one', [fileOf(1), fileOf(2, { type: 'VAE', primary: true })], 2],
    ['the first with main weights, if none is marked', [fileOf(1, { type: 'VAE' }), fileOf(2), fileOf(3)], 2],
    ['a pruned one', [fileOf(1, { type: 'Config' }), fileOf(2, { type: 'Pruned Model' })], 2],
    ['a diffusion model', [fileOf(1, { type: 'Archive' }), fileOf(2, { type: 'Diffusion Model' })], 2],
    ['a UNet', [fileOf(1, { type: 'Text Encoder' }), fileOf(2, { type: 'UNet' })], 2],
    [
      'the first of all, if none has main weights',
      [fileOf(1, { type: 'Archive' }), fileOf(2, { type: 'VAE' })],
      1,
    ],
    ['undefined without files', [], undefined],
    [
      'not training data, even if it is marked and first',
      [fileOf(1, { type: 'Training Data', primary: true }), fileOf(2, { type: 'VAE' })],
      2,
    ],
    ['undefined with only training data', [fileOf(1, { type: 'Training Data' })], undefined],
  ])('is %s', (_what, files, id) => {
    expect(primaryFile(files)?.id).toBe(id);
  });
});

describe('the selected file', () => {
  const full = fileOf(1, { format: 'SafeTensor', precision: 'fp32', variant: 'full' });
  const pruned = fileOf(2, { format: 'SafeTensor', precision: 'fp16', variant: 'pruned', primary: true });
  const quantized = fileOf(3, { format: 'GGUF', quantType: 'Q4_K_M' });
  const other = fileOf(4, { format: 'GGUF', quantType: 'Q8_0' });
  const vae = fileOf(5, { type: 'VAE', name: 'linked.vae.pt' });
  const version = versionOf(75, { files: [full, pruned, quantized, other, vae] });

  it.each<readonly [what: string, selector: FileSelector | undefined, id: number]>([
    ['the primary one without a selector', undefined, 2],
    ['the one with an id', { fileId: 4 }, 4],
    ['the one with a type', { type: 'VAE' }, 5],
    ['the one with a size', { type: 'Model', format: 'SafeTensor', size: 'full' }, 1],
    ['the one with a precision', { format: 'SafeTensor', fp: 'fp32', type: 'Model' }, 1],
    ['the one with a quantization', { type: 'Model', format: 'GGUF', quantType: 'Q8_0' }, 4],
    ['the primary one, if it is among several matches', { type: 'Model' }, 2],
    ['the primary one with an empty selector', {}, 2],
    ['the primary one, if it lacks the selected property', { type: 'Model', quantType: 'Q2_K' }, 2],
  ])('is %s', (_what, selector, id) => {
    expect(selectFiles(version, selector, 'primary').map((file) => file.id)).toEqual([id]);
    if (selector) expect(selectFiles(version, selector, 'all').map((file) => file.id)).toEqual([id]);
  });

  function messageOf(
    chosenFrom: ModelVersion,
    selector: FileSelector | undefined,
    choice: FileChoice = 'primary',
  ): string {
    let message = '';
    try {
      selectFiles(chosenFrom, selector, choice);
    } catch (error) {
      expect(error).toBeInstanceOf(NotFoundError);
      expect(error).toMatchObject({ code: 'no-such-file' });
      message = error instanceof Error ? error.message : '';
    }
    return message;
  }

  const list = [
    '1 file1.safetensors (Model, SafeTensor, fp32, full)',
    '2 file2.safetensors (Model, SafeTensor, fp16, pruned)',
    '3 file3.safetensors (Model, GGUF, Q4_K_M)',
    '4 file4.safetensors (Model, GGUF, Q8_0)',
    '5 linked.vae.pt (VAE)',
  ];

  it('does not exist: the error lists all files', () => {
    const problem = 'No file of model version 75 matches the request. Available files:';
    expect(messageOf(version, { fileId: 99 })).toBe(`${problem} ${list.join('; ')}.`);
    expect(messageOf(version, { type: 'Training Data' })).toMatch(/^No file/);
    expect(messageOf(version, { type: 'vae' })).toMatch(/^No file/);
  });

  it('is ambiguous: the error lists the matches', () => {
    expect(messageOf(version, { type: 'Model', format: 'GGUF' })).toBe(
      `Several files of model version 75 match the request: ${list.slice(2, 4).join('; ')}.`,
    );
  });

  it('does not exist in a version without files', () => {
    const none = versionOf(75, { files: [] });
    for (const choice of ['primary', 'all'] as const) {
      expect(messageOf(none, undefined, choice)).toBe('Model version 75 has no files to download.');
      expect(messageOf(none, { fileId: 1 }, choice)).toBe('Model version 75 has no files to download.');
    }
  });

  it('is not training data without a selector', () => {
    const trained = versionOf(75, { files: [fileOf(1, { type: 'Training Data', size: 1_500_000 })] });
    expect(messageOf(trained, undefined)).toBe(
      'Model version 75 has no files to download except 1 file1.safetensors (Training Data, 1.5 MB).',
    );
  });
});

describe('the selected files', () => {
  const training = fileOf(9, { type: 'Training Data', name: 'training.zip' });
  const files = [
    training,
    fileOf(1, { name: 'a.safetensors' }),
    fileOf(2, { name: 'b.safetensors', primary: true }),
    fileOf(3, { name: '1', type: 'VAE' }),
    fileOf(4, { name: 'Model', type: 'Config' }),
  ];
  const version = versionOf(75, { files });
  const chosen = (choice: FileChoice) => selectFiles(version, undefined, choice).map(({ id }) => id);

  it('are all but training data, with the primary one first', () => {
    expect(chosen('all')).toEqual([2, 1, 3, 4]);
  });

  it.each<readonly [what: string, named: string, id: number]>([
    ['an id, before a name', '1', 1],
    ['a name', 'b.safetensors', 2],
    ['a name in another case', 'A.SafeTensors', 1],
    ['a name, before a type', 'model', 4],
    ['a type', 'VAE', 3],
    ['a type in another case', 'vae', 3],
    ['training data by id', '9', 9],
    ['training data by type', 'training data', 9],
  ])('are the one with %s', (_what, named, id) => {
    expect(chosen({ named })).toEqual([id]);
  });

  it.each(['training.zip', 'Text Encoder', '7', ''])('do not exist for %j', (named) => {
    expect(() => chosen({ named })).toThrow(
      `No file of model version 75 matches '${named}'. Available files: 9 `,
    );
  });

  it('are ambiguous: the error lists the matches', () => {
    const twins = versionOf(75, {
      files: [fileOf(1), fileOf(2, { primary: true }), fileOf(3, { type: 'VAE' })],
    });
    expect(() => selectFiles(twins, undefined, { named: 'Model' })).toThrow(
      "Several files of model version 75 match 'Model': 1 file1.safetensors (Model); 2 file2.safetensors (Model).",
    );
  });
});
