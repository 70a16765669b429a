import type { ApiJson, Model, ModelVersion } from './model.js';
import { isRecord } from './schema-rules.js';

/** Fields of a version in the order of the model's own route. */
const OWN_ORDER = ['id', 'index', 'name', 'baseModel', 'baseModelType', 'createdAt', 'publishedAt', 'status']
  .concat(['flags', 'availability', 'nsfwLevel', 'description', 'trainedWords', 'vaeId', 'covered'])
  .concat(['earlyAccessDeadline', 'paidAccess', 'stats', 'files', 'images', 'downloadUrl']);

/**
 * Gives a model of a list the form of its own route, as far as the list has the facts. In its versions, the list has
 * empty values, the ids of images and another order, and lacks `createdAt` and `status`.
 */
export function toOwnForm(model: unknown): unknown {
  if (!isRecord(model) || !Array.isArray(model.modelVersions)) return model;
  return { ...model, modelVersions: model.modelVersions.map(versionInOwnForm) };
}

function versionInOwnForm(version: unknown): unknown {
  if (!isRecord(version)) return version;
  const { images } = version;
  const withoutIds = Array.isArray(images) ? { images: images.map(withoutId) } : {};
  return inOwnOrder({ ...version, ...withoutIds });
}

/** Leaves out empty values. Unknown fields are last. */
function inOwnOrder(version: ApiJson): ApiJson {
  const keys = new Set([...OWN_ORDER, ...Object.keys(version)]);
  return Object.fromEntries(
    [...keys].filter((key) => !isEmpty(version[key])).map((key) => [key, version[key]]),
  );
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

function withoutId(image: unknown): unknown {
  if (!isRecord(image)) return image;
  const { id, ...rest } = image;
  return rest;
}

/**
 * Adds what the list lacks from the own route of the only version.
 * @returns undefined if the model has other versions, whose dates only the model's own route has
 */
export function completeEntry(model: Model, { id, createdAt }: ModelVersion): Model | undefined {
  const [version] = model.versions;
  const listed = model.json.modelVersions;
  const isOnly = Array.isArray(listed) && listed.length === 1 && version?.id === id;
  if (!isOnly || createdAt === undefined) return undefined;
  // Only published versions are listed.
  const json = inOwnOrder({ ...version.json, createdAt, status: 'Published' });
  const { isListEntry, ...rest } = model;
  return { ...rest, json: { ...model.json, modelVersions: [json] }, versions: [{ ...version, json }] };
}
