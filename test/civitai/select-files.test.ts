import { describe, expect, it } from 'vitest';
import { unavailableReason } from '../../src/civitai/availability.js';
import { mergeImages } from '../../src/civitai/images.js';
import type { Model, ModelFile, ModelVersion } from '../../src/civitai/model.js';
import { mergeVersions } from '../../src/civitai/resolve.js';
import { chooseFiles, type FileChoice, primaryFile } from '../../src/civitai/select-files.js';
import type { FileSelector } from '../../src/civitai/source.js';
import { NotFoundError } from '../../src/errors.js';
import { fileOf, imageOf, modelOf, versionOf } from './samples.js';

describe('the primary file', () => {
  it.each<readonly [what: string, files: readonly ModelFile[], id: number | undefined]>([
    ['the marked one', [fileOf(1), fileOf(2, { type: 'VAE', primary: true })], 2],
    [
      'the first with main weights, where none is marked',
      [fileOf(1, { type: 'VAE' }), fileOf(2), fileOf(3)],
      2,
    ],
    ['a pruned one', [fileOf(1, { type: 'Config' }), fileOf(2, { type: 'Pruned Model' })], 2],
    ['a diffusion model', [fileOf(1, { type: 'Archive' }), fileOf(2, { type: 'Diffusion Model' })], 2],
    ['a UNet', [fileOf(1, { type: 'Text Encoder' }), fileOf(2, { type: 'UNet' })], 2],
    [
      'the first of all, where none has main weights',
      [fileOf(1, { type: 'Archive' }), fileOf(2, { type: 'VAE' })],
      1,
    ],
    ['none of none', [], undefined],
    [
      'not training data, though it is marked and stands first',
      [fileOf(1, { type: 'Training Data', primary: true }), fileOf(2, { type: 'VAE' })],
      2,
    ],
    ['none, where there is training data only', [fileOf(1, { type: 'Training Data' })], undefined],
  ])('is %s', (_what, files, id) => {
    expect(primaryFile(files)?.id).toBe(id);
  });
});

describe('the file that is asked for', () => {
  const full = fileOf(1, { format: 'SafeTensor', precision: 'fp32', variant: 'full' });
  const pruned = fileOf(2, { format: 'SafeTensor', precision: 'fp16', variant: 'pruned', primary: true });
  const quantized = fileOf(3, { format: 'GGUF', quantType: 'Q4_K_M' });
  const other = fileOf(4, { format: 'GGUF', quantType: 'Q8_0' });
  const vae = fileOf(5, { type: 'VAE', name: 'linked.vae.pt' });
  const version = versionOf(75, { files: [full, pruned, quantized, other, vae] });

  it.each<readonly [what: string, selector: FileSelector | undefined, id: number]>([
    ['the primary one, when nothing is said', undefined, 2],
    ['the one of an id', { fileId: 4 }, 4],
    ['the one of a type', { type: 'VAE' }, 5],
    ['the one of a size', { type: 'Model', format: 'SafeTensor', size: 'full' }, 1],
    ['the one of a precision', { format: 'SafeTensor', fp: 'fp32', type: 'Model' }, 1],
    ['the one of a quantization', { type: 'Model', format: 'GGUF', quantType: 'Q8_0' }, 4],
    ['the primary one, when several fit and it does', { type: 'Model' }, 2],
    ['the primary one, when nothing is asked', {}, 2],
    ['the primary one, when it lacks what is asked for', { type: 'Model', quantType: 'Q2_K' }, 2],
  ])('is %s', (_what, selector, id) => {
    expect(chooseFiles(version, selector, 'primary').map((file) => file.id)).toEqual([id]);
    if (selector) expect(chooseFiles(version, selector, 'all').map((file) => file.id)).toEqual([id]);
  });

  function refusal(
    chosenFrom: ModelVersion,
    selector: FileSelector | undefined,
    choice: FileChoice = 'primary',
  ): string {
    let message = '';
    try {
      chooseFiles(chosenFrom, selector, choice);
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

  it('does not exist: then all are listed', () => {
    const problem = 'No file of model version 75 fits what was asked for; there are';
    expect(refusal(version, { fileId: 99 })).toBe(`${problem} ${list.join('; ')}.`);
    expect(refusal(version, { type: 'Training Data' })).toMatch(/^No file/);
    expect(refusal(version, { type: 'vae' })).toMatch(/^No file/);
  });

  it('may be one of several: then those are listed', () => {
    expect(refusal(version, { type: 'Model', format: 'GGUF' })).toBe(
      `Several files of model version 75 fit what was asked for: ${list.slice(2, 4).join('; ')}.`,
    );
  });

  it('can not be there where there is none', () => {
    const none = versionOf(75, { files: [] });
    for (const choice of ['primary', 'all'] as const) {
      expect(refusal(none, undefined, choice)).toBe('Model version 75 has no files to download.');
      expect(refusal(none, { fileId: 1 }, choice)).toBe('Model version 75 has no files to download.');
    }
  });

  it('is not training data, unless that is said', () => {
    const trained = versionOf(75, { files: [fileOf(1, { type: 'Training Data', size: 1_500_000 })] });
    expect(refusal(trained, undefined)).toBe(
      'Model version 75 has no files to download but 1 file1.safetensors (Training Data, 1.5 MB).',
    );
  });
});

describe('the files that are asked for', () => {
  const training = fileOf(9, { type: 'Training Data', name: 'training.zip' });
  const files = [
    training,
    fileOf(1, { name: 'a.safetensors' }),
    fileOf(2, { name: 'b.safetensors', primary: true }),
    fileOf(3, { name: '1', type: 'VAE' }),
    fileOf(4, { name: 'Model', type: 'Config' }),
  ];
  const version = versionOf(75, { files });
  const chosen = (choice: FileChoice) => chooseFiles(version, undefined, choice).map(({ id }) => id);

  it('are all but training data, the primary one first', () => {
    expect(chosen('all')).toEqual([2, 1, 3, 4]);
  });

  it.each<readonly [what: string, named: string, id: number]>([
    ['an id, before a name', '1', 1],
    ['a name', 'b.safetensors', 2],
    ['a name in other letters', 'A.SafeTensors', 1],
    ['a name, before a type', 'model', 4],
    ['a type', 'VAE', 3],
    ['a type in other letters', 'vae', 3],
    ['training data by id', '9', 9],
    ['training data by type', 'training data', 9],
  ])('are the one of %s', (_what, named, id) => {
    expect(chosen({ named })).toEqual([id]);
  });

  it.each(['training.zip', 'Text Encoder', '7', ''])('are not to be had by %j', (named) => {
    expect(() => chosen({ named })).toThrow(`No file of model version 75 fits '${named}'; there are 9 `);
  });

  it('are one at most, or the candidates are listed', () => {
    const twins = versionOf(75, {
      files: [fileOf(1), fileOf(2, { primary: true }), fileOf(3, { type: 'VAE' })],
    });
    expect(() => chooseFiles(twins, undefined, { named: 'Model' })).toThrow(
      "Several files of model version 75 fit 'Model': 1 file1.safetensors (Model); 2 file2.safetensors (Model).",
    );
  });
});

describe('what is in the way of a version', () => {
  const now = Date.parse('2026-08-15T12:00:00Z');
  const at = (text: string) => ({ paidAccess: { endsAt: new Date(text) } });

  it.each<
    readonly [
      what: string,
      model: Partial<Model>,
      version: Partial<ModelVersion>,
      code: string | undefined,
      says: RegExp,
    ]
  >([
    ['nothing', {}, {}, undefined, /^$/],
    ['nothing, though its model was taken down', { mode: 'TakenDown' }, {}, undefined, /^$/],
    ['nothing, when its creator allows downloads', {}, { usageControl: 'Download' }, undefined, /^$/],
    ['nothing, when early access is over', {}, at('2026-08-15T12:00:00Z'), undefined, /^$/],
    ['an archive', { mode: 'Archived' }, { files: [] }, 'archived', /^Model 66 is archived/],
    [
      'its creator',
      {},
      { usageControl: 'Generation' },
      'downloads-disabled',
      /^Version 75 \(v75\) of model 66: its creator/,
    ],
    [
      'its creator, in a new way',
      {},
      { usageControl: 'Telepathy' },
      'downloads-disabled',
      /creator has disabled/,
    ],
    ['early access', {}, at('2026-09-01T00:00:00Z'), 'early-access', /in early access until 2026-09-01\.$/],
    ['a price', {}, { paidAccess: {} }, 'early-access', /in early access and has to be bought\.$/],
    ['the lack of files', {}, { files: [] }, 'no-such-file', /has no files\.$/],
  ])('is %s', (_what, model, version, code, says) => {
    const problem = unavailableReason(modelOf(66, model), versionOf(75, version), now);
    expect(problem?.code).toBe(code);
    expect(problem?.message ?? '').toMatch(says);
  });
});

describe('what two endpoints say of a version', () => {
  const listed = versionOf(75, {
    name: 'as listed',
    files: [fileOf(1, { name: 'renamed.ckpt' })],
    images: [imageOf('1.jpeg'), imageOf('2.jpeg')],
    json: { id: 75, listed: true },
  });
  const ownImage = imageOf('2.png', { json: { url: 'x', meta: { prompt: 'lantern' } } });
  const own = versionOf(75, {
    modelId: 66,
    usageControl: 'Generation',
    files: [fileOf(1, { name: 'raw.ckpt' })],
    images: [ownImage],
    json: { id: 75, listed: false },
  });

  it('is one, with names and JSON of the list, and usage and generation data of its own', () => {
    expect(mergeVersions(listed, own)).toMatchObject({
      modelId: 66,
      usageControl: 'Generation',
      files: [{ name: 'renamed.ckpt' }],
      json: { listed: true },
      images: [
        { json: imageOf('1.jpeg').json },
        { json: { ...imageOf('2.jpeg').json, meta: { prompt: 'lantern' } } },
      ],
    });
  });

  it('has the files and images of its own where the list has none', () => {
    const merged = mergeVersions({ ...listed, files: [], images: [] }, own);
    expect(merged).toMatchObject({ files: [{ name: 'raw.ckpt' }], images: [ownImage] });
  });

  it('is what one says where the other is silent', () => {
    expect(mergeVersions(listed, undefined)).toBe(listed);
    expect(mergeVersions(undefined, own)).toBe(own);
    expect(mergeVersions(undefined, undefined)).toBeUndefined();
  });

  it('keeps an image as it is where there are no generation data', () => {
    const image = imageOf('2.jpeg');
    expect(mergeImages([image], [imageOf('2.jpeg', { json: { meta: null } })])).toEqual([image]);
    expect(mergeImages([image], [])).toEqual([image]);
    expect(mergeImages([image], [imageOf('3.jpeg', { json: { meta: {} } })])).toEqual([image]);
  });
});
