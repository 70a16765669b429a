import { detailsOf } from '../../src/civitai/details.js';
import { mergeVersions } from '../../src/civitai/merge-versions.js';
import type { ApiJson, Model, ModelFile, ModelVersion } from '../../src/civitai/model.js';
import { modelSchema, versionSchema } from '../../src/civitai/schema.js';
import type { SidecarFacts } from '../../src/sidecars/format.js';

export const sha256 = `${'03FC0B69CD98'.padEnd(60, '0')}B694`;
export const tensorSha256 = `${'66840dda154e'.padEnd(60, '0')}6f72`;

const hashes = {
  AutoV2: '03FC0B69CD',
  AutoV3: '66840DDA154E',
  SHA256: sha256,
  CRC32: '1234ABCD',
  BLAKE3: 'A1A1'.repeat(16),
};

const file = {
  id: 7100001,
  sizeKB: 223096.5,
  name: 'copperLanternStyle_v20.safetensors',
  type: 'Model',
  metadata: { format: 'SafeTensor', size: null, fp: 'fp16' },
  hashes,
  primary: true,
  downloadUrl: 'https://civitai.com/api/download/models/7000002',
};

const image = {
  url: 'https://image.civitai.com/x/original=true/7300001.jpeg',
  nsfwLevel: 1,
  width: 832,
  height: 1216,
  type: 'image',
};

const common = {
  id: 7000002,
  name: 'v2.0',
  baseModel: 'Illustrious',
  createdAt: '2026-03-01T10:00:00.000Z',
  publishedAt: '2026-03-02T10:00:00.000Z',
  status: 'Published',
  nsfwLevel: 1,
  description: '<p>Second version.</p>',
  trainedWords: ['copper lantern', 'dusk glow'],
  stats: { downloadCount: 12, thumbsUpCount: 3 },
  files: [file],
  downloadUrl: 'https://civitai.com/api/download/models/7000002',
};

const terms = {
  allowNoCredit: true,
  allowCommercialUse: ['Image'],
  allowDerivatives: true,
  allowDifferentLicense: true,
};

/** The responses about an invented model, with changes. */
export interface Responses {
  readonly model?: ApiJson;
  /** Of the version, in both responses. */
  readonly version?: ApiJson;
  readonly file?: ApiJson;
}

function responsesOf({ model = {}, version = {}, file: fileChange = {} }: Responses = {}) {
  const files = [{ ...file, ...fileChange }];
  return {
    model: {
      id: 7000001,
      name: 'Copper Lantern Style',
      description: '<p>Warm light.</p>',
      ...terms,
      type: 'LORA',
      nsfw: false,
      poi: false,
      nsfwLevel: 1,
      creator: { username: 'inventedMaker', image: null },
      tags: ['style', 'light'],
      ...model,
      modelVersions: [{ ...common, index: 0, images: [image], files, ...version }],
    },
    version: {
      ...common,
      modelId: 7000001,
      air: 'urn:air:sdxl:lora:civitai:7000001@7000002',
      model: { name: 'Copper Lantern Style', type: 'LORA', nsfw: false, poi: false },
      images: [{ ...image, meta: { prompt: 'a copper lantern' } }],
      files,
      ...version,
    },
  };
}

export interface Parsed {
  readonly model: Model;
  readonly version: ModelVersion;
  readonly file: ModelFile;
}

function parse({ model: modelJson, version: versionJson }: ReturnType<typeof responsesOf>): Parsed {
  const model = modelSchema.parse(modelJson);
  const version = mergeVersions(model.versions[0], versionSchema.parse(versionJson));
  const [first] = version?.files ?? [];
  if (!version || !first) throw new Error('There is no file.');
  return { model, version, file: first };
}

export const path = '/models/loras/copperLanternStyle_v20.safetensors';

/** What is known of a file when its sidecars are written. */
export function factsOf(
  { model, version, file: one }: Parsed,
  given: Partial<SidecarFacts> = {},
): SidecarFacts {
  return {
    ...detailsOf(model, version, one),
    path,
    sizeBytes: 228450816,
    hashes: one.hashes,
    tensorSha256,
    headerMetadata: { ss_output_name: 'copper_lantern' },
    previewNsfwLevel: 1,
    now: Date.parse('2026-03-02T10:00:00Z'),
    ...given,
  };
}

export const lantern = (responses: Responses = {}, given: Partial<SidecarFacts> = {}) =>
  factsOf(parse(responsesOf(responses)), given);
