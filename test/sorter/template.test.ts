import { join, relative } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { isTemplate, templateSorter } from '../../src/sorter/template.js';
import { fileOf, modelOf, versionOf } from '../civitai/samples.js';
import { anyCharacter } from '../disk/any-text.js';
import { fileNameProblems } from '../disk/file-name-rules.js';

const root = '/models';
const fields = [
  'modelName',
  'modelId',
  'versionName',
  'versionId',
  'type',
  'baseModel',
  'creator',
  'firstTag',
  'fileName',
  'fileType',
  'fileFormat',
];

const felt = { name: 'Felt: a/b', type: 'LORA', creator: 'ink/maker', tags: ['style', 'wool'] };
const first = { name: 'v1.0', baseModel: 'SDXL 1.0' };
const file = { name: 'felt_v1.safetensors', type: 'Pruned Model', format: 'SafeTensor' };

async function folderOf(template: string, model = felt, version = first): Promise<string> {
  const directories = await templateSorter(template).sort(
    modelOf(66, model),
    versionOf(75, version),
    fileOf(90, file),
    root,
  );
  return relative(root, directories.model);
}

function refusal(template: string): string {
  try {
    templateSorter(template);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error('It was not refused.');
}

describe('a template', () => {
  it.each([
    ['{modelName}', 'Felt, a&b'],
    ['{modelId}', '66'],
    ['{versionName}', 'v1.0'],
    ['{versionId}', '75'],
    ['{type}', 'LORA'],
    ['{baseModel}', 'SDXL 1.0'],
    ['{creator}', 'ink_maker'],
    ['{firstTag}', 'style'],
    ['{fileName}', 'felt_v1'],
    ['{fileType}', 'Pruned Model'],
    ['{fileFormat}', 'SafeTensor'],
    ['{baseModel}/{type}/{creator}/{modelName}', 'SDXL 1.0/LORA/ink_maker/Felt, a&b'],
    ['all/{type}', 'all/LORA'],
    ['{type} of {creator} ({versionName})', 'LORA of ink_maker (v1.0)'],
    ['{type}{modelId}', 'LORA66'],
    ['./{type}//x/', 'LORA/x'],
    ['{type}/a:b\\c', 'LORA/a_b_c'],
    ['con{type}/con', 'conLORA/_con'],
  ])('%s is a folder', async (template, folder) => {
    expect(await folderOf(template)).toBe(folder);
  });

  it('has all else in a folder per version below it', async () => {
    const { model, ...rest } = await templateSorter('{type}').sort(
      modelOf(66),
      versionOf(75),
      fileOf(90),
      root,
    );
    const extra = join(model, 'extra_data-vid_75');
    expect(rest).toEqual({ metadata: extra, images: extra, prompts: extra });
  });

  it('says unknown for what a model does not have', async () => {
    const sort = templateSorter('{creator}/{firstTag}/{fileFormat}').sort;
    const { model } = await sort(modelOf(66), versionOf(75), fileOf(90), root);
    expect(relative(root, model)).toBe('unknown/unknown/unknown');
  });

  it.each(['{foo}', '{type}/{foo}', '{foo}{type}', 'a{foo}b'])(
    'with an unknown field lists the fields: %s',
    (template) => {
      const message = refusal(template);
      expect(message).toContain(`The template '${template}': there is no field {foo}.`);
      expect(fields.filter((name) => !message.includes(`{${name}}`))).toEqual([]);
    },
  );

  it.each([
    ['{base_model}', 'baseModel'],
    ['{basemodel}', 'baseModel'],
    ['{modelNam}', 'modelName'],
    ['{Creator}', 'creator'],
  ])('suggests the field that %s may mean', (template, meant) => {
    expect(refusal(template)).toContain(
      `there is no field ${template}, did you mean {${meant}}? The fields are`,
    );
  });

  it.each([
    '{type',
    'type}',
    '{{type}}',
    '{type}}',
    '{ty{pe}',
    '{}',
    '{type}/{',
    '{ type }',
    '{__proto__}',
    '{constructor}',
  ])('is refused where its braces are wrong: %s', (template) => {
    expect(refusal(template)).toContain(`The template '${template}'`);
  });

  it.each(['../{type}', '{type}/..', '{type}/../../x', '/{type}', '~/{type}', '/etc/{type}'])(
    'is refused where it leaves the root directory: %s',
    (template) => {
      expect(refusal(template)).toContain('it names folders below the root directory');
    },
  );

  it('makes one safe name of each part, whatever the model is called', async () => {
    const text = fc.oneof(
      fc.string({ unit: anyCharacter }),
      fc.constantFrom('..', '.', '', '/', '../../etc', 'con', ' ', 'x'.repeat(300)),
    );
    await fc.assert(
      fc.asyncProperty(text, text, text, async (name, creator, baseModel) => {
        const model = { ...felt, name, creator, tags: [name] };
        const folder = await folderOf('{baseModel}/{creator}{firstTag}/x {modelName}/{fileName}', model, {
          name: creator,
          baseModel,
        });
        expect(folder.split('/')).toHaveLength(4);
        expect(folder.split('/').flatMap(fileNameProblems)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

it.each([
  ['{type}', true],
  ['type}', true],
  ['./{a}.mjs', true],
  ['tags', false],
  ['./a.mjs', false],
])('takes %j for a template: %s', (text, is) => {
  expect(isTemplate(text)).toBe(is);
});
