import { join, relative } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { basic, tags } from '../../src/sorter/basic.js';
import { fileOf, modelOf, versionOf } from '../civitai/samples.js';
import { anyCharacter } from '../disk/any-text.js';
import { fileNameProblems } from '../disk/file-name-rules.js';

const root = '/models';

describe('the basic sorter', () => {
  const sort = (name: string) => basic(modelOf(66, { name }), versionOf(75), fileOf(90), root);

  it('has a folder per model, and one per version below it for everything but the model file', () => {
    const extra = '/models/anythingV3_fp16/extra_data-vid_75';
    expect(sort('anythingV3_fp16')).toEqual({
      model: '/models/anythingV3_fp16',
      metadata: extra,
      images: extra,
      prompts: extra,
    });
  });

  it('stays in these folders for any model name', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), (name) => {
        const { model, images } = sort(name);
        expect(join(model, '..')).toBe(root);
        expect(join(images, '..')).toBe(model);
      }),
      { numRuns: 200 },
    );
  });
});

const kinds = ['style', 'poses', 'clothings', 'character', 'celebrity', 'concept'];

function foldersOf(modelTags: readonly string[], baseModel = 'SD 1.5', name = 'Felt'): readonly string[] {
  const { model } = tags(
    modelOf(66, { name, tags: modelTags }),
    versionOf(75, { baseModel }),
    fileOf(90),
    root,
  );
  return relative(root, model).split('/');
}

describe('the tags sorter', () => {
  it.each([
    ['no tags', [], ['others', 'others']],
    ['other tags', ['woman', 'photorealistic'], ['others', 'others']],
    ['anime', ['anime'], ['anime', 'others']],
    ['a kind', ['character'], ['others', 'character']],
    ['both', ['woman', 'celebrity', 'anime'], ['anime', 'celebrity']],
    ['a tag that only starts like one', ['styles', 'anime girl'], ['others', 'others']],
  ])('sorts a model with %s', (_what, modelTags, folders) => {
    expect(foldersOf(modelTags)).toEqual(['SD_1.5', ...folders, 'Felt']);
  });

  it.each(kinds.map((kind, index) => [kind, kinds.slice(index)] as const))(
    'prefers %s to all kinds after it',
    (kind, rest) => {
      expect(foldersOf([...rest].reverse())[2]).toBe(kind);
    },
  );

  it('chooses the same folder for any order of the tags (SOR-1)', () => {
    fc.assert(
      fc.property(
        fc
          .shuffledSubarray(['anime', ...kinds, 'woman'])
          .chain((some) =>
            fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length })),
          ),
        ([some, shuffled]) => {
          expect(foldersOf(shuffled)).toEqual(foldersOf(some));
          expect(foldersOf(some)[2]).toBe(kinds.find((kind) => some.includes(kind)) ?? 'others');
        },
      ),
      { numRuns: 100 },
    );
  });

  it.each([
    ['SDXL 1.0', 'SDXL_1.0'],
    ['Wan Video 2.2 I2V-A14B', 'Wan_Video_2.2_I2V-A14B'],
    ['a/b:c', 'a_b_c'],
    ['..', 'Other'],
    ['', 'Other'],
    ['CON', '_CON'],
  ])('makes one safe folder of the base model %j (SOR-2)', (baseModel, folder) => {
    expect(foldersOf([], baseModel)).toEqual([folder, 'others', 'others', 'Felt']);
  });

  it('has four levels of safe names for any names', () => {
    const text = fc.string({ unit: anyCharacter });
    fc.assert(
      fc.property(text, text, fc.array(text), (baseModel, name, modelTags) => {
        const folders = foldersOf(modelTags, baseModel, name);
        expect(folders).toHaveLength(4);
        expect(folders.flatMap(fileNameProblems)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('has everything but the model file in the same folder as basic', () => {
    const { model, ...rest } = tags(modelOf(66), versionOf(75), fileOf(90), root);
    const extra = join(model, 'extra_data-vid_75');
    expect(rest).toEqual({ metadata: extra, images: extra, prompts: extra });
  });
});
