import type { ApiJson, Model, ModelFile, ModelVersion } from './model.js';

/** Facts about a model file for other applications. Texts are as the API sends them; wrong types count as missing. */
export interface ModelDetails {
  readonly modelId: number;
  readonly modelName: string;
  readonly modelType: string;
  /** HTML. */
  readonly modelDescription: string;
  readonly isNsfw: boolean;
  readonly tags: readonly string[];
  readonly creator: string;
  readonly versionId: number;
  readonly versionName: string;
  readonly baseModel: string;
  /** HTML. */
  readonly versionDescription: string;
  readonly trainedWords: readonly string[];
  /** An ISO date, or empty. */
  readonly createdAt: string;
  /** Counts by name. */
  readonly stats: Readonly<Record<string, number>>;
  /** The response about the version, with model, creator and files; the file itself is marked as primary, no other. */
  readonly versionJson: ApiJson;
  /** The file as the API describes it, marked as primary. */
  readonly fileJson: ApiJson;
}

const MODEL_FIELDS = [
  ...['name', 'type', 'nsfw', 'poi', 'description', 'tags'],
  ...['allowNoCredit', 'allowCommercialUse', 'allowDerivatives', 'allowDifferentLicense'],
];

/** Collects the facts about a file of a version from all responses. */
export function detailsOf(model: Model, version: ModelVersion, file: ModelFile): ModelDetails {
  const own: ApiJson = { ...version.json, ...withoutEmpty(version.ownJson ?? {}) };
  const versionJson = versionJsonOf(model, version, file, own);
  return {
    modelId: model.id,
    modelName: model.name.trim() === '' ? `Model ${model.id}` : model.name,
    modelType: model.type,
    modelDescription: textOf(model.json.description),
    isNsfw: model.json.nsfw === true,
    tags: model.tags,
    creator: model.creator ?? '',
    versionId: version.id,
    versionName: version.name,
    baseModel: version.baseModel.trim() === '' ? 'Other' : version.baseModel,
    versionDescription: textOf(own.description),
    trainedWords: wordsOf(own.trainedWords),
    createdAt: textOf(own.createdAt),
    stats: numbersOf(own.stats),
    versionJson,
    fileJson: fileJsonOf(version, file),
  };
}

function versionJsonOf(model: Model, version: ModelVersion, file: ModelFile, own: ApiJson): ApiJson {
  const { index: _index, ...json } = own;
  const known = MODEL_FIELDS.filter((name) => model.json[name] !== undefined && model.json[name] !== null);
  const ofModel = Object.fromEntries(known.map((name) => [name, model.json[name]]));
  const { creator } = model.json;
  return {
    ...json,
    id: version.id,
    modelId: model.id,
    trainedWords: wordsOf(own.trainedWords),
    baseModel: version.baseModel,
    model: { name: model.name, type: model.type, ...ofModel, tags: model.tags },
    ...(isObject(creator) && { creator }),
    files: version.files.map((one) => ({ ...fileJsonOf(version, one), primary: one.id === file.id })),
    images: version.images.map(({ json: image }) => image),
  };
}

/** The model's route has the names that downloads have; the version's route has the others' hashes, too. */
function fileJsonOf({ json, ownJson }: ModelVersion, { id, name, type, hashes }: ModelFile): ApiJson {
  const find = (from: ApiJson | undefined) =>
    Array.isArray(from?.files) ? from.files.filter(isObject).find((one) => one.id === id) : undefined;
  const described: ApiJson = find(json) ?? find(ownJson) ?? {};
  return { ...described, id, name, type, hashes: Object.fromEntries(hashes), primary: true };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function wordsOf(value: unknown): readonly string[] {
  const words: readonly unknown[] = Array.isArray(value) ? value : [value];
  return words.filter((word) => typeof word === 'string' && word.trim() !== '') as readonly string[];
}

function numbersOf(value: unknown): Readonly<Record<string, number>> {
  const entries = isObject(value) ? Object.entries(value) : [];
  return Object.fromEntries(
    entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}

function isObject(value: unknown): value is ApiJson {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The routes differ in what they leave out. */
function withoutEmpty(json: ApiJson): ApiJson {
  const isEmpty = (value: unknown) =>
    value === undefined || value === null || (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(json).filter(([, value]) => !isEmpty(value)));
}
