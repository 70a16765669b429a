import { expect, it } from 'vitest';
import type { ApiJson } from '../../src/civitai/model.js';
import { referencesOfImage } from '../../src/pictures/image-entry.js';
import { inShort } from './references.js';

const meta = {
  prompt: 'a lantern <lora:ink:0.8> <lora:paper:1>',
  Model: 'lantern_v2',
  'Model hash': '0a1b2c3d4e',
  'TI hashes': { bad: 'c74b4e810b03' },
  hashes: { model: '0a1b2c3d4e', 'lora:ink': '0123456789ab', vae: '', 'embed:x': null },
  resources: [
    { type: 'lora', name: 'ink', weight: 0.8, hash: '0123456789ab' },
    { type: 'model', name: 'lantern_v2', hash: '0a1b2c3d4e' },
    { type: 'lora', name: 'unknown', weight: 1 },
    null,
  ],
};
const civitaiResources = [
  { type: 'checkpoint', modelVersionId: 345685, modelName: 'Paper Lantern' },
  { type: 'lora', weight: 0.65, modelVersionId: 249861 },
  { type: 'lora', air: 'urn:air:sdxl:lora:civitai:1@2' },
  { type: 'lora', modelVersionId: 0 },
  'broken',
];
const fromHashes = [
  'embedding bad: beginning of SHA256 C74B4E810B03',
  'lora ink: AutoV3 or SHA256 0123456789AB',
  'checkpoint lantern_v2: AutoV2 0A1B2C3D4E',
  'embedding x ?',
  'lora unknown ?',
  'lora paper ?',
];
const comfy = {
  prompt: {
    1: { class_type: 'A', inputs: { lora_name: 'urn:air:sdxl:lora:civitai:3@4', vae_name: 'sharp.pt' } },
  },
  workflow: { nodes: [], extra: { airs: ['urn:air:sdxl:checkpoint:civitai:5@6'] } },
};

const cases: Readonly<Record<string, readonly [image: ApiJson, names: readonly string[]]>> = {
  'ids of the site only': [
    { meta: null, modelVersionIds: [345685, 249861, 345685, null, 'x', -1] },
    ['other = 345685', 'other = 249861'],
  ],
  'flat meta': [{ id: 1, meta }, fromHashes],
  'nested meta': [{ id: 1, meta: { id: 1, meta } }, fromHashes],
  'ids in both lists': [
    { modelVersionIds: [249861, 7], meta: { ...meta, civitaiResources } },
    [
      'checkpoint Paper Lantern = 345685',
      'lora = 249861',
      'lora = 1@2',
      'other = 7',
      // The checkpoint's hash is of the one with the id, and mere names are those of versions in the list.
      ...fromHashes.filter((name) => !name.startsWith('checkpoint') && !name.endsWith('?')),
    ],
  ],
  "ids of the site's old graphs": [
    { meta: { versionIds: [11, '12'], modelIds: [13] } },
    ['other = 11', 'other = 12', 'other Model 13 ?'],
  ],
  'names only': [
    {
      meta: {
        models: ['a.safetensors'],
        vaes: ['b.pt'],
        upscalers: ['c.pth'],
        controlNets: ['d'],
        additionalResources: [
          { name: 'e.safetensors', type: 'lora' },
          { name: 'urn:air:sdxl:lora:civitai:1@2', type: 'lora' },
        ],
      },
    },
    [
      'lora = 1@2',
      'lora e.safetensors ?',
      'checkpoint a.safetensors ?',
      'vae b.pt ?',
      'other c.pth ?',
      'other d ?',
    ],
  ],
  'a graph as text': [
    { meta: { comfy: JSON.stringify(comfy) } },
    ['checkpoint = 5@6', 'lora = 3@4', 'vae sharp.pt ?'],
  ],
  'a graph as text that JavaScript wrote': [
    { meta: { comfy: `{"prompt": ${JSON.stringify(comfy.prompt)}, "workflow": undefined}` } },
    ['lora = 3@4', 'vae sharp.pt ?'],
  ],
  'a graph as an object': [{ meta: { comfy } }, ['checkpoint = 5@6', 'lora = 3@4', 'vae sharp.pt ?']],
  'old hashes': [
    {
      meta: {
        'Model hash': '81761151',
        Model: 'old',
        resources: [{ type: 'lora', name: 'x', hash: '81761151' }],
      },
    },
    ['checkpoint old: AutoV1 81761151', 'lora x ?'],
  ],
  'no meta': [{}, []],
  'meta of other types': [{ meta: 'x', modelVersionIds: 'y' }, []],
  'fields of other types': [
    { meta: { hashes: [], resources: 'x', civitaiResources: { a: 1 }, comfy: 5, prompt: {}, Model: [] } },
    [],
  ],
};

it.each(Object.entries(cases))('reads an image of the API: %s', (_name, [image, names]) => {
  expect(inShort(referencesOfImage(image))).toEqual(names);
});
