import { join, relative, sep } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { isTemplate, parseTemplate } from '../../src/sorter/template.js';
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

async function folderOf(template: string, model = felt, version = first, separator = sep): Promise<string> {
  const directories = await parseTemplate(template, separator).sort(
    modelOf(66, model),
    versionOf(75, version),
    fileOf(90, file),
    root,
  );
  return relative(root, directories.model);
}

function messageOf(template: string, separator = sep): string {
  try {
    parseTemplate(template, separator);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error('The template is valid.');
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

  it('has everything but the model file in a folder per version below it', async () => {
    const { model, ...rest } = await parseTemplate('{type}').sort(
      modelOf(66),
      versionOf(75),
      fileOf(90),
      root,
    );
    const extra = join(model, 'extra_data-vid_75');
    expect(rest).toEqual({ metadata: extra, images: extra, prompts: extra });
  });

  it('has unknown for a missing value', async () => {
    const sort = parseTemplate('{creator}/{firstTag}/{fileFormat}').sort;
    const { model } = await sort(modelOf(66), versionOf(75), fileOf(90), root);
    expect(relative(root, model)).toBe('unknown/unknown/unknown');
  });

  it.each(['{foo}', '{type}/{foo}', '{foo}{type}', 'a{foo}b'])(
    'with an unknown field lists the fields: %s',
    (template) => {
      const message = messageOf(template);
      expect(message).toContain(`The template '${template}' is not valid: unknown field {foo}.`);
      expect(fields.filter((name) => !message.includes(`{${name}}`))).toEqual([]);
    },
  );

  it.each([
    ['{base_model}', 'baseModel'],
    ['{basemodel}', 'baseModel'],
    ['{modelNam}', 'modelName'],
    ['{Creator}', 'creator'],
  ])('suggests the closest match of %s', (template, meant) => {
    expect(messageOf(template)).toContain(
      `unknown field ${template}. Did you mean {${meant}}? The fields are {`,
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
  ])('is refused if its braces are not balanced, or have an unknown field in them: %s', (template) => {
    expect(messageOf(template)).toContain(`The template '${template}' is not valid: `);
  });

  it.each(['../{type}', '{type}/..', '{type}/../../x', '/{type}', '~/{type}', '/etc/{type}'])(
    'is refused if it leaves the root directory: %s',
    (template) => {
      expect(messageOf(template)).toContain('it must name folders below the root directory');
    },
  );

  it.each([
    ['{baseModel}\\{type}', 'SDXL 1.0/LORA'],
    ['{baseModel}\\{type}/{creator}', 'SDXL 1.0/LORA/ink_maker'],
    ['all\\{type}\\', 'all/LORA'],
    ['.\\{type}\\\\x', 'LORA/x'],
    ['{creator}', 'ink_maker'],
    ['{type}:{modelId}', 'LORA_66'],
  ])('separates folders by both slashes on Windows: %s', async (template, folder) => {
    expect(await folderOf(template, felt, first, '\\')).toBe(folder);
  });

  it.each([
    '..\\{type}',
    '{type}\\..',
    '{type}/..\\x',
    '\\{type}',
    '~\\{type}',
    'D:\\{type}',
    'd:{type}',
    'D:/{type}',
  ])('is refused if it leaves the root directory on Windows: %s', (template) => {
    expect(messageOf(template, '\\')).toContain('it must name folders below the root directory');
  });

  it('makes one safe name of each part for any values', async () => {
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
])('recognizes %j as a template: %s', (text, is) => {
  expect(isTemplate(text)).toBe(is);
});
