type Json = Record<string, unknown>;

const sha256 = '0A1B2C3D4E'.padEnd(64, '5');

/** Answers with every field that the API is known to send, for a model with two versions. */
const file: Json = {
  id: 345678,
  sizeKB: 147570.041015625,
  name: 'PaperLantern-v2.safetensors',
  overrideName: null,
  type: 'Model',
  pickleScanResult: 'Success',
  pickleScanMessage: 'No Pickle imports',
  virusScanResult: 'Success',
  virusScanMessage: null,
  scannedAt: '2026-02-01T10:12:00.000Z',
  metadata: { format: 'SafeTensor', size: 'pruned', fp: 'bf16', quantType: 'Q8_0', isRequired: true },
  hashes: {
    AutoV2: '0A1B2C3D4E',
    SHA256: sha256,
    CRC32: '89ABCDEF',
    BLAKE3: '6'.repeat(64),
    AutoV3: '0123456789AB',
  },
  downloadUrl: 'https://civitai.com/api/download/models/234567',
  primary: true,
};

const otherFile: Json = {
  ...file,
  id: 345679,
  name: 'config.yaml',
  type: 'Config',
  hashes: {},
  downloadUrl: 'https://civitai.com/api/download/models/234567?type=Config',
  primary: false,
};

const image = (id: number): Json => ({
  url: `https://image.civitai.com/xG1nkqKTMzGDvpLrqFT7WA/1b2c3d4e-0000-4000-8000-00000000abcd/original=true/${id}.jpeg`,
  nsfwLevel: 1,
  width: 832,
  height: 1216,
  hash: 'U9ABCD',
  type: 'image',
  minor: false,
  poi: false,
  hasMeta: true,
  hasPositivePrompt: true,
  onSite: false,
  remixOfId: null,
});

const version = (id: number): Json => ({
  id,
  index: 0,
  name: 'v2',
  baseModel: 'SDXL 1.0',
  baseModelType: 'Standard',
  createdAt: '2026-02-01T10:00:00.000Z',
  publishedAt: '2026-02-01T10:30:00.000Z',
  status: 'Published',
  availability: 'Public',
  nsfwLevel: 1,
  description: '<p>Sharper.</p>',
  trainedWords: ['ppr lntrn'],
  covered: true,
  stats: { downloadCount: 900, thumbsUpCount: 60, thumbsDownCount: 0 },
  files: [file, otherFile],
  images: [image(456789), image(456790)],
  downloadUrl: `https://civitai.com/api/download/models/${id}`,
});

/** `GET /api/v1/models/123456`. */
export const fullModel: Json = {
  id: 123456,
  name: 'Paper Lantern',
  description: '<p>Soft ink style.</p>',
  allowNoCredit: true,
  allowCommercialUse: ['Image', 'RentCivit'],
  allowDerivatives: true,
  allowDifferentLicense: true,
  type: 'LORA',
  minor: false,
  sfwOnly: false,
  poi: false,
  nsfw: false,
  nsfwLevel: 3,
  availability: 'Public',
  userId: 777,
  baseModels: ['SDXL 1.0'],
  cosmetic: null,
  supportsGeneration: true,
  stats: {
    downloadCount: 1200,
    thumbsUpCount: 80,
    thumbsDownCount: 1,
    commentCount: 4,
    tippedAmountCount: 0,
  },
  creator: { username: 'inkmaker', image: null },
  tags: ['style', 'ink'],
  modelVersions: [version(234567), { ...version(234566), files: [{ ...file, id: 345600, hashes: {} }] }],
};

/** `GET /api/v1/model-versions/234567`. */
export const fullVersion: Json = {
  id: 234567,
  modelId: 123456,
  name: 'v2',
  nsfwLevel: 1,
  createdAt: '2026-02-01T10:00:00.000Z',
  updatedAt: '2026-02-02T08:00:00.000Z',
  status: 'Published',
  publishedAt: '2026-02-01T10:30:00.000Z',
  trainedWords: [],
  trainingStatus: null,
  trainingDetails: null,
  baseModel: 'SDXL 1.0',
  baseModelType: null,
  description: null,
  uploadType: 'Created',
  usageControl: 'Download',
  licensingFee: null,
  paidAccess: null,
  air: 'urn:air:sdxl:lora:civitai:123456@234567',
  stats: { downloadCount: 900, thumbsUpCount: 60 },
  model: { name: 'Paper Lantern', type: 'LORA', nsfw: false, poi: false },
  files: [file, otherFile],
  images: [
    {
      ...image(456789),
      metadata: { size: 1500000 },
      meta: { prompt: 'paper lantern', seed: '1', resources: [] },
    },
  ],
  downloadUrl: 'https://civitai.com/api/download/models/234567',
};

type Path = readonly (string | number)[];

/** Returns the paths of all values in a JSON. */
function pathsIn(json: unknown, path: Path = []): readonly Path[] {
  if (typeof json !== 'object' || json === null) return [path];
  const keys = Array.isArray(json) ? json.keys() : Object.keys(json);
  return [path, ...[...keys].flatMap((key) => pathsIn(Reflect.get(json, key), [...path, key]))];
}

function withValue(json: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  const child = withValue(Reflect.get(Object(json), key), rest, value);
  if (Array.isArray(json)) return json.map((one, index) => (index === key ? child : one));
  return { ...Object(json), [key]: child };
}

/** `undefined` is a missing key after JSON.stringify. */
const ODD_VALUES: readonly unknown[] = [undefined, null, '', 'x', 7, [], {}];

export interface OddAnswer {
  readonly path: string;
  readonly value: unknown;
  readonly json: unknown;
}

/** Replaces each value of an answer in turn by values of other types. */
export function oddAnswers(json: unknown): readonly OddAnswer[] {
  return pathsIn(json).flatMap((path) =>
    ODD_VALUES.map((value) => {
      const text = JSON.stringify(withValue(json, path, value));
      return { path: path.join('.'), value, json: text === undefined ? undefined : JSON.parse(text) };
    }),
  );
}
