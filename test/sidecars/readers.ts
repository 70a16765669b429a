import { basename } from 'node:path';
import type { SidecarFormat } from '../../src/options/sidecar-formats.js';
import type { SidecarFacts } from '../../src/sidecars/format.js';

type Json = Readonly<Record<string, unknown>>;
type Check = readonly [what: string, isRight: boolean];

/** Returns what a reader of a format would not accept, as its own source requires it. */
export function readerProblems(format: SidecarFormat, text: string, facts: SidecarFacts): readonly string[] {
  const checks =
    format === 'sha256'
      ? sha256Checks(text)
      : format === 'model-manager'
        ? mdChecks(text)
        : jsonChecks(format, text, facts);
  return checks.filter(([, isRight]) => !isRight).map(([what]) => `${format}: ${what}`);
}

function jsonChecks(format: SidecarFormat, text: string, facts: SidecarFacts): readonly Check[] {
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) return [['it is an object', false]];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the encoding of the system may be anything above ASCII.
  return [['it is ASCII', /^[\x00-\x7f]*$/.test(text)], ...(READERS[format]?.(value, facts) ?? [])];
}

const READERS: Readonly<
  Partial<Record<SidecarFormat, (json: Json, facts: SidecarFacts) => readonly Check[]>>
> = {
  a1111: (json, facts) => [
    ['description is a text', typeof json.description === 'string'],
    ['notes is a text', typeof json.notes === 'string'],
    ['activation text is one line', isMissingOr(json['activation text'], isLine)],
    ['negative text is a text', isMissingOr(json['negative text'], (one) => typeof one === 'string')],
    ['preferred weight is a number', isMissingOr(json['preferred weight'], (one) => typeof one === 'number')],
    [
      'sd version is known',
      isMissingOr(json['sd version'], (one) => ['SD1', 'SD2', 'SDXL', 'SD3', 'Flux'].includes(one as string)),
    ],
    ['ids', isId(json.modelId) && isId(json.modelVersionId) && json.id === json.modelId],
    ['sha256 is in upper case', isMissingOr(json.sha256, (one) => /^[0-9A-F]{64}$/.test(String(one)))],
    ['nsfw', typeof json.nsfw === 'boolean'],
    ['tags', isTexts(json.tags)],
    ['SD.Next finds the version', sdNextFinds(json, facts)],
    ...swarmTexts(json),
  ],
  'civitai-helper': (json, facts) => {
    const files = listOf(json.files);
    const primary = files.filter((file) => file.primary === true);
    return [
      ['ids', isId(json.id) && isId(json.modelId)],
      ['trainedWords', isTexts(json.trainedWords)],
      ['images have URLs', listOf(json.images).every(({ url }) => typeof url === 'string')],
      ['one file is primary', primary.length === 1],
      ['it is the file on disk', hashOf(primary[0]) === facts.hashes.get('SHA256')],
      ['model', isObject(json.model) && typeof json.model.name === 'string' && isTexts(json.model.tags)],
      ...swarmTexts(json),
    ];
  },
  'lora-manager': (json, { path, sizeBytes }) => [
    ['file_name', json.file_name === basename(path).replace(/\.[^.]*$/, '')],
    ['model_name', isText(json.model_name)],
    ['file_path', typeof json.file_path === 'string' && json.file_path === path],
    ['size', json.size === sizeBytes],
    ['modified is a number', typeof json.modified === 'number' && Number.isFinite(json.modified)],
    ['sha256 is in lower case', typeof json.sha256 === 'string' && /^([0-9a-f]{64})?$/.test(json.sha256)],
    ['base_model', isText(json.base_model)],
    ['preview_url is not empty', isText(json.preview_url)],
    ['tags', isTexts(json.tags)],
    ['modelDescription', typeof json.modelDescription === 'string'],
    ['civitai', isObject(json.civitai) && isId(json.civitai.id) && isId(json.civitai.modelId)],
    ['autov3', isMissingOr(json.autov3, (one) => /^[0-9a-f]{12}$/.test(String(one)))],
    ['usage_tips', isMissingOr(json.usage_tips, (one) => typeof one === 'string')],
  ],
  'stability-matrix': (json) => [
    ...['ModelId', 'VersionId', 'RemoteFileId'].map((key): Check => [key, isId(json[key])]),
    ...['ModelName', 'ModelDescription', 'VersionName', 'VersionDescription', 'AuthorUsername']
      .concat(['BaseModel', 'RemoteFileName', 'ModelType'])
      .map((key): Check => [key, typeof json[key] === 'string']),
    ['Nsfw', typeof json.Nsfw === 'boolean'],
    ['Tags', isTexts(json.Tags)],
    ['TrainedWords', isTexts(json.TrainedWords)],
    ['Hashes is an object of texts', isObject(json.Hashes) && Object.values(json.Hashes).every(isText)],
    ['FileMetadata', isObject(json.FileMetadata) && Object.values(json.FileMetadata).every(isText)],
    ['Stats has no fractions', isObject(json.Stats) && Object.values(json.Stats).every(Number.isInteger)],
    ['ImportedAt has an offset', /^\d{4}-\d\d-\d\dT[\d:.]+([+-]\d\d:\d\d|Z)$/.test(String(json.ImportedAt))],
    ['Source is a number', json.Source === 0],
    ...swarmTexts(json),
  ],
  swarmui: (json) => {
    const link = /<a href="https:\/\/civitai\.(red|com)\/models\/[^"]*\?modelVersionId=\d+"/.exec(
      String(json['modelspec.description']),
    );
    return [
      [
        'all its own values are texts',
        Object.entries(json).every(([key, one]) => !key.startsWith('modelspec.') || typeof one !== 'object'),
      ],
      ...swarmTexts(json),
      ['the link is found', link !== null && link[0].length < 200],
      ['the hash', isMissingOr(json['modelspec.hash_sha256'], (one) => /^0x[0-9a-f]{64}$/.test(String(one)))],
      ['the title is short', String(json['modelspec.title']).length <= 4096],
    ];
  },
  rgthree: (json) => [
    ['sha256 is in lower case', isMissingOr(json.sha256, (one) => /^[0-9a-f]{64}$/.test(String(one)))],
    ['trainedWords', listOf(json.trainedWords).every(({ word }) => isLine(word) && isText(word))],
    [
      'the button',
      listOf([{ links: json.links }]).every(
        ({ links }) => isTexts(links) && String(links).includes('civitai.com/models'),
      ),
    ],
    ['images', Array.isArray(json.images)],
    ['nothing is hashed', isObject(json.raw) && isObject(json.raw.metadata) && isObject(json.raw.civitai)],
  ],
};

/** SwarmUI lays the top-level values of four files over each other, and reads these as texts. */
function swarmTexts(json: Json): readonly Check[] {
  const names = ['title', 'author', 'license', 'date', 'description', 'trigger_phrase', 'usage_hint'].concat([
    'architecture',
    'model_type',
    'resolution',
    'hash_sha256',
    'prediction_type',
    'preprocessor',
    'special_format',
  ]);
  return [
    ['SwarmUI finds texts', names.every((name) => typeof json[name] !== 'object' || json[name] === null)],
  ];
}

/** Its own hash in upper case has to be the beginning of one of the published ones. */
function sdNextFinds(json: Json, facts: SidecarFacts): boolean {
  const [version, ...others] = listOf(json.modelVersions);
  const hashes = listOf(version?.files).flatMap((file) =>
    Object.values(isObject(file.hashes) ? file.hashes : {}),
  );
  const sha256 = facts.hashes.get('SHA256');
  return others.length === 0 && version !== undefined && (sha256 === undefined || hashes.includes(sha256));
}

function sha256Checks(text: string): readonly Check[] {
  return [['only the hash, without a line end', /^[0-9a-f]{64}$/.test(text)]];
}

function mdChecks(text: string): readonly Check[] {
  const lines = text.split('\n');
  const end = lines.indexOf('---', 1);
  const front = lines.slice(1, end);
  return [
    ['it begins with front matter', lines[0] === '---' && end > 0],
    [
      'the front matter has four lines',
      front.length === 4 && front.every((line) => /^\w+: ./.test(line) || /^\w+: ""$/.test(line)),
    ],
    [
      'the page',
      front.some((line) => /^modelPage: https:\/\/civitai\.com\/models\/\d+\?modelVersionId=\d+$/.test(line)),
    ],
    ['no other line ends it', !lines.slice(end + 1).includes('---')],
  ];
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function hashOf(file: Json | undefined): unknown {
  return isObject(file?.hashes) ? file.hashes.SHA256 : undefined;
}

function isMissingOr(value: unknown, isRight: (value: unknown) => boolean): boolean {
  return value === undefined || isRight(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isLine(value: unknown): boolean {
  return typeof value === 'string' && !/[\r\n\u2028\u2029]/.test(value);
}

function isId(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
