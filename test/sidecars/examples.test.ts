import { describe, expect, it } from 'vitest';
import { a1111 } from '../../src/sidecars/a1111.js';
import { civitaiInfo } from '../../src/sidecars/civitai-info.js';
import { loraManager } from '../../src/sidecars/lora-manager.js';
import { modelManagerText } from '../../src/sidecars/model-manager.js';
import { rgthree } from '../../src/sidecars/rgthree.js';
import { stabilityMatrix } from '../../src/sidecars/stability-matrix.js';
import { swarmui } from '../../src/sidecars/swarmui.js';
import { lantern, path, sha256, tensorSha256 } from './lantern.js';

/** The complete examples of what the readers accepted, key by key. */
const facts = lantern();

const file = {
  id: 7100001,
  sizeKB: 223096.5,
  name: 'copperLanternStyle_v20.safetensors',
  type: 'Model',
  primary: true,
  metadata: { format: 'SafeTensor', size: null, fp: 'fp16' },
  hashes: {
    AutoV2: '03FC0B69CD',
    AutoV3: '66840DDA154E',
    SHA256: sha256,
    CRC32: '1234ABCD',
    BLAKE3: 'A1A1'.repeat(16),
  },
  downloadUrl: 'https://civitai.com/api/download/models/7000002',
};

const info = {
  id: 7000002,
  modelId: 7000001,
  name: 'v2.0',
  createdAt: '2026-03-01T10:00:00.000Z',
  publishedAt: '2026-03-02T10:00:00.000Z',
  status: 'Published',
  trainedWords: ['copper lantern', 'dusk glow'],
  baseModel: 'Illustrious',
  nsfwLevel: 1,
  description: '<p>Second version.</p>',
  air: 'urn:air:sdxl:lora:civitai:7000001@7000002',
  stats: { downloadCount: 12, thumbsUpCount: 3 },
  model: {
    name: 'Copper Lantern Style',
    type: 'LORA',
    nsfw: false,
    poi: false,
    description: '<p>Warm light.</p>',
    tags: ['style', 'light'],
    allowNoCredit: true,
    allowCommercialUse: ['Image'],
    allowDerivatives: true,
    allowDifferentLicense: true,
  },
  creator: { username: 'inventedMaker', image: null },
  files: [file],
  images: [
    {
      url: 'https://image.civitai.com/x/original=true/7300001.jpeg',
      nsfwLevel: 1,
      width: 832,
      height: 1216,
      type: 'image',
      meta: { prompt: 'a copper lantern' },
    },
  ],
  downloadUrl: 'https://civitai.com/api/download/models/7000002',
};

describe('the sidecar of an invented LoRA', () => {
  it('for A1111, Browser+, SD.Next and InvokeAI', () => {
    const { metadata: _metadata, downloadUrl: _url, ...short } = file;
    expect(a1111.merge({}, facts)).toEqual({
      description: 'Warm light.\nhttps://civitai.com/models/7000001?modelVersionId=7000002',
      'sd version': 'SDXL',
      'activation text': 'copper lantern, dusk glow',
      'preferred weight': 0,
      'negative text': '',
      notes: '',
      modelId: 7000001,
      modelVersionId: 7000002,
      sha256,
      id: 7000001,
      name: 'Copper Lantern Style',
      type: 'LORA',
      nsfw: false,
      tags: ['style', 'light'],
      creator: { username: 'inventedMaker' },
      modelVersions: [
        {
          id: 7000002,
          name: 'v2.0',
          baseModel: 'Illustrious',
          trainedWords: ['copper lantern', 'dusk glow'],
          files: [short],
        },
      ],
    });
  });

  it('for Civitai-Helper', () => expect(civitaiInfo.merge({}, facts)).toEqual(info));

  it('for Lora-Manager', () => {
    expect(loraManager.merge({}, facts)).toEqual({
      file_name: 'copperLanternStyle_v20',
      model_name: 'Copper Lantern Style',
      file_path: path,
      size: 228450816,
      modified: 1772445600.0,
      sha256: sha256.toLowerCase(),
      base_model: 'Illustrious',
      preview_url: '/models/loras/copperLanternStyle_v20.preview.jpeg',
      preview_nsfw_level: 1,
      notes: '',
      from_civitai: true,
      civitai: info,
      tags: ['style', 'light'],
      modelDescription: '<p>Warm light.</p>',
      civitai_deleted: false,
      favorite: false,
      exclude: false,
      db_checked: false,
      skip_metadata_refresh: false,
      metadata_source: 'civitai_api',
      last_checked_at: 0,
      hash_status: 'completed',
      autov3: '66840dda154e',
      usage_tips: '{}',
    });
  });

  it('for StabilityMatrix', () => {
    expect(stabilityMatrix.merge({}, facts)).toEqual({
      ModelId: 7000001,
      ModelName: 'Copper Lantern Style',
      ModelDescription: '<p>Warm light.</p>',
      Nsfw: false,
      Tags: ['style', 'light'],
      ModelType: 'LORA',
      VersionId: 7000002,
      VersionName: 'v2.0',
      VersionDescription: '<p>Second version.</p>',
      AuthorUsername: 'inventedMaker',
      BaseModel: 'Illustrious',
      RemoteFileName: 'copperLanternStyle_v20.safetensors',
      RemoteFileId: 7100001,
      FileMetadata: { fp: 'fp16', format: 'SafeTensor' },
      ImportedAt: '2026-03-02T10:00:00+00:00',
      Hashes: { SHA256: sha256, CRC32: '1234ABCD', BLAKE3: 'A1A1'.repeat(16) },
      TrainedWords: ['copper lantern', 'dusk glow'],
      Stats: { downloadCount: 12, thumbsUpCount: 3 },
      Source: 0,
    });
  });

  it('for SwarmUI', () => {
    expect(swarmui.merge({}, facts)).toEqual({
      'modelspec.title': 'Copper Lantern Style - v2.0',
      'modelspec.description':
        'From <a href="https://civitai.red/models/7000001?modelVersionId=7000002" target="_blank">civitai</a>\nSecond version.\nWarm light.',
      'modelspec.author': 'inventedMaker',
      'modelspec.date': '2026-03-01T10:00:00.000Z',
      'modelspec.trigger_phrase': 'copper lantern; dusk glow',
      'modelspec.tags': 'style, light',
      'modelspec.usage_hint': 'Illustrious',
      'modelspec.hash_sha256': `0x${tensorSha256}`,
    });
  });

  it('for rgthree', () => {
    expect(rgthree.merge({}, facts)).toEqual({
      name: 'Copper Lantern Style - v2.0',
      type: 'LORA',
      baseModel: 'Illustrious',
      sha256: sha256.toLowerCase(),
      trainedWords: [
        { word: 'copper lantern', civitai: true },
        { word: 'dusk glow', civitai: true },
      ],
      links: ['https://civitai.com/models/7000001?modelVersionId=7000002'],
      images: [],
      raw: { civitai: info, metadata: { ss_output_name: 'copper_lantern' } },
    });
  });

  it('for ComfyUI-Model-Manager', () => {
    expect(modelManagerText(facts)).toBe(
      [
        '---\nwebsite: Civitai\nmodelPage: https://civitai.com/models/7000001?modelVersionId=7000002',
        'author: inventedMaker\nbaseModel: Illustrious\n---\n\n# Trigger Words\n\ncopper lantern, dusk glow\n',
        '# About this version\n\nSecond version.\n',
        '# Copper Lantern Style\n\nWarm light.\n',
      ].join('\n'),
    );
  });
});

it.each([
  ['Checkpoint', '/m/checkpoints/x.safetensors', { sub_type: 'checkpoint' }],
  ['Checkpoint', '/m/diffusion_models/x.safetensors', { sub_type: 'diffusion_model' }],
  ['TextualInversion', '/m/embeddings/x.safetensors', { sub_type: 'embedding' }],
])('a %s at %s is told to Lora-Manager as %j', (type, at, expected) => {
  const merged = loraManager.merge({}, lantern({ model: { type } }, { path: at }));
  expect(merged).toMatchObject(expected);
  expect(merged).not.toHaveProperty('usage_tips');
});

it.each([
  ['SD 1.5', 'SD1'],
  ['SD 1.5 LCM', 'SD1'],
  ['SD 2.1 768', 'SD2'],
  ['SDXL 1.0', 'SDXL'],
  ['SDXL Lightning', 'SDXL'],
  ['Pony', 'SDXL'],
  ['NoobAI', 'SDXL'],
  ['SD 3.5', 'SD3'],
  ['Flux.1 D', 'Flux'],
  ['Wan Video', undefined],
  ['Pony V7', undefined],
  ['Other', undefined],
])('the base model %s is the version %s of A1111', (baseModel, version) => {
  expect(a1111.merge({}, lantern({ version: { baseModel } }))['sd version']).toBe(version);
});
