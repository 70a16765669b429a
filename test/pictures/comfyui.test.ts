import { describe, expect, it as plainIt } from 'vitest';
import { readPictureFile } from '../../src/pictures/picture-file.js';
import { referencesOfTexts } from '../../src/pictures/read-texts.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import { plainText, png, textTag, webpExif } from './build-picture.js';
import { inShort } from './references.js';

const sha256 = '0123456789abcdef'.repeat(4);

const prompt = {
  4: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'sdxl/lantern.safetensors' } },
  5: {
    class_type: 'LoraLoader',
    inputs: { lora_name: 'ink.safetensors', strength_model: 1, strength_clip: 0, model: ['4', 0] },
  },
  6: {
    class_type: 'LoraLoader',
    inputs: { lora_name: 'off.safetensors', strength_model: 0, strength_clip: 0, model: ['5', 0] },
  },
  7: {
    class_type: 'LoraLoader',
    inputs: { lora_name: 'unconnected.safetensors', strength_model: 1, strength_clip: 1 },
  },
  8: { class_type: 'VAELoader', inputs: { vae_name: 'sharp.pt' } },
  9: {
    class_type: 'Power Lora Loader (rgthree)',
    inputs: {
      PowerLoraLoaderHeaderWidget: { type: 'x' },
      lora_1: { on: true, lora: 'style\\paper.safetensors', strength: 1 },
      lora_2: { on: false, lora: 'switched-off.safetensors', strength: 1 },
      lora_3: { on: true, lora: 'zero.safetensors', strength: 0 },
      model: ['6', 0],
    },
  },
  10: {
    class_type: 'CLIPTextEncode',
    inputs: { text: 'a lantern <lora:tag:1> (embedding:bad-hands:1.2)', clip: ['4', 1] },
  },
  11: {
    class_type: 'DualCLIPLoader',
    inputs: { clip_name1: 'clip_l.safetensors', clip_name2: 'None', type: 'sdxl' },
  },
  12: { class_type: 'UpscaleModelLoader', inputs: { model_name: '4x.pth' } },
  13: { class_type: 'LoRA Stacker', inputs: { lora_name_1: 'stacked', lora_name_2: 'None' } },
  14: {
    class_type: 'KSampler',
    inputs: { a: ['9', 0], b: ['8', 0], c: ['11', 0], d: ['12', 0], e: ['10', 0], f: ['13', 0], seed: 1 },
  },
};

const names = [
  'checkpoint sdxl/lantern.safetensors ?',
  'lora ink.safetensors ?',
  'vae sharp.pt ?',
  'lora style\\paper.safetensors ?',
  'lora tag ?',
  'embedding bad-hands ?',
  'other clip_l.safetensors ?',
  'other 4x.pth ?',
  'lora stacked ?',
];

const workflow = {
  nodes: [
    { id: 4, type: 'CheckpointLoaderSimple', mode: 0, widgets_values: ['sdxl/lantern.safetensors'] },
    { id: 5, type: 'LoraLoader', mode: 0, widgets_values: ['ink.safetensors', 1, 1] },
    { id: 6, type: 'LoraLoader', mode: 2, widgets_values: ['muted.safetensors', 1, 1] },
    { id: 7, type: 'LoraLoader', mode: 4, widgets_values: ['bypassed.safetensors', 1, 1] },
    { id: 8, type: 'VAELoader', widgets_values: { vae_name: 'sharp.pt' } },
    { id: 10, type: 'Note', widgets_values: ['<lora:note:1> urn:air:sdxl:lora:civitai:1@2'] },
    { id: 11, type: 'MarkdownNote', widgets_values: ['get note.safetensors'] },
    {
      id: 9,
      type: 'Power Lora Loader (rgthree)',
      widgets_values: [
        {},
        { on: true, lora: 'paper.safetensors', strength: 1 },
        { on: false, lora: 'no.safetensors' },
        null,
      ],
    },
  ],
  links: [],
  version: 0.4,
  definitions: {
    subgraphs: [{ nodes: [{ type: 'UNETLoader', widgets_values: ['inner.safetensors', 'default'] }] }],
  },
};

const workflowNames = [
  'checkpoint sdxl/lantern.safetensors ?',
  'lora ink.safetensors ?',
  'vae sharp.pt ?',
  'lora paper.safetensors ?',
  'checkpoint inner.safetensors ?',
];

const files: Readonly<
  Record<string, { readonly content: Uint8Array | string; readonly names: readonly string[] }>
> = {
  'API format': { content: JSON.stringify(prompt, undefined, 2), names },
  "editor's format, with a mark": { content: `\ufeff\n ${JSON.stringify(workflow)}`, names: workflowNames },
  both: { content: JSON.stringify({ prompt, workflow }), names },
  'PNG with both': {
    content: png([
      plainText('prompt', JSON.stringify(prompt)),
      plainText('workflow', JSON.stringify(workflow)),
    ]),
    names,
  },
  'WebP with both': {
    content: webpExif({
      isLittleEndian: true,
      ifd0: [
        textTag(0x010f, `workflow:${JSON.stringify(workflow)}`),
        textTag(0x0110, `prompt:${JSON.stringify(prompt)}`),
      ],
    }),
    names,
  },
  "WebP by Lora-Manager, which has the editor's format": {
    content: webpExif({ ifd0: [textTag(0x010e, `Workflow:${JSON.stringify(workflow)}`)] }),
    names: workflowNames,
  },
  'JSON that Python writes': {
    content:
      '{"1": {"class_type": "A", "inputs": {"x": [NaN, -Infinity], "ckpt_name": "NaN \\" Infinity.safetensors"}}}',
    names: ['checkpoint NaN " Infinity.safetensors ?'],
  },
};

it.for(Object.entries(files))('reads the names in a file: %s', async ([, file]) => {
  const path = await sandbox.write('picture.txt', file.content);
  expect(inShort(await readPictureFile(path))).toEqual(file.names);
});

const graph = (inputs: Readonly<Record<string, unknown>>, extra: object = {}) => ({
  1: { class_type: 'Any', inputs },
  ...extra,
});

describe('models with ids or hashes', () => {
  const cases: Readonly<Record<string, readonly [json: object, names: readonly string[]]>> = {
    'a name that is an AIR': [
      graph({
        ckpt_name: 'urn:air:sdxl:checkpoint:civitai:101055@128078',
        lora_name: 'urn:air:sdxl:lora:civitai:1@2.safetensors',
      }),
      ['checkpoint = 101055@128078', 'lora = 1@2'],
    ],
    'AIRs in a prompt': [
      graph({
        text: 'x (embedding:urn:air:sd1:embedding:civitai:7808@9208:1.2), urn:air:sdxl:lora:civitai:3@4+5.',
      }),
      ['embedding = 7808@9208', 'lora = 3@4'],
    ],
    'the picker node': [
      graph({
        air: 'urn:air:sdxl:lora:civitai:1@2',
        resources_json: '[{"air":"urn:air:sdxl:lora:civitai:3@4"},{"modelVersionId":6,"type":"LORA"}]',
      }),
      ['lora = 1@2', 'lora = 3@4', 'lora = 6'],
    ],
    'AIRs of other sites, and without a version': [
      graph({
        ckpt_name: 'urn:air:flux1:checkpoint:huggingface:a/b@main',
        lora_name: 'urn:air:sdxl:lora:civitai:1',
      }),
      ['checkpoint urn:air:flux1:checkpoint:huggingface:a/b@main ?', 'lora urn:air:sdxl:lora:civitai:1 ?'],
    ],
    "lists of the site's own": [
      {
        nodes: [],
        extra: {
          airs: ['urn:air:sdxl:vae:civitai:1@2', 5],
          ckpt_airs: ['3@4', '9'],
          lora_airs: ['5@6'],
          embedding_airs: ['7@8', 'x', '0@0'],
        },
      },
      [
        'vae = 1@2',
        'checkpoint = 3@4',
        'lora = 5@6',
        'embedding = 7@8',
        'checkpoint civitai:9 ?',
        'embedding civitai:0@0 ?',
      ],
    ],
    "resources of the site's old pictures": [
      graph(
        { ckpt_name: 'x.safetensors' },
        {
          extra: { airs: ['urn:air:sdxl:checkpoint:civitai:1@2'] },
          extraMetadata:
            '{"resources":[{"modelVersionId":2,"type":"Checkpoint"},{"modelVersionId":33,"strength":1,"type":"LORA"},{"modelVersionId":"x"},null]}',
        },
      ),
      ['checkpoint = 1@2', 'lora = 33', 'checkpoint x.safetensors ?'],
    ],
    'models that the editor offers': [
      {
        nodes: [
          {
            type: 'CheckpointLoaderSimple',
            widgets_values: { a: 'a.safetensors', b: 'sub\\b.safetensors', c: 'c.safetensors', d: 5 },
            properties: {
              models: [
                {
                  name: 'a.safetensors',
                  url: 'https://civitai.com/api/download/models/128078?type=Model&format=SafeTensor',
                  directory: 'checkpoints',
                },
                {
                  name: 'b.safetensors',
                  url: 'https://huggingface.co/b',
                  hash: sha256,
                  hash_type: 'SHA256',
                  directory: 'loras',
                },
                {
                  name: 'c.safetensors',
                  url: 'https://huggingface.co/c',
                  hash: sha256,
                  hash_type: 'md5',
                  directory: 'vae',
                },
              ],
            },
          },
          {
            type: 'LoraLoader',
            widgets_values: ['chosen.safetensors', 1],
            properties: {
              models: [{ name: 'before.safetensors', url: 'https://civitai.com/models/1?modelVersionId=2' }],
            },
          },
          {
            type: 'X',
            mode: 4,
            properties: {
              models: [{ name: 'no.safetensors', url: 'https://civitai.com/models/1?modelVersionId=2' }],
            },
          },
        ],
        models: [{ name: 'd', url: 'https://civitai.com/models/7/x?modelVersionId=8' }],
      },
      [
        'other d = 7@8',
        'checkpoint a.safetensors = 128078',
        `lora b.safetensors: SHA256 ${sha256.toUpperCase()}`,
        'vae c.safetensors ?',
        'lora chosen.safetensors ?',
      ],
    ],
  };

  plainIt.each(Object.entries(cases))('are read: %s', (_name, [json, expected]) => {
    const isWorkflow = 'nodes' in json;
    const text = JSON.stringify(json);
    expect(inShort(referencesOfTexts([{ keyword: isWorkflow ? 'workflow' : 'prompt', text }]))).toEqual(
      expected,
    );
    expect(inShort(referencesOfTexts([{ keyword: 'usercomment', text }]))).toEqual(expected);
  });
});
