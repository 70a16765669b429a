import type { ApiJson, Model, ModelVersion } from './model.js';
import { isRecord } from './schema-rules.js';

/**
 * Gives a model of a list the form of its own route, as far as the list has the facts. In its versions, the list has
 * empty values and the ids of images, and lacks `createdAt` and `status`.
 */
export function toOwnForm(model: unknown): unknown {
  if (!isRecord(model) || !Array.isArray(model.modelVersions)) return model;
  return { ...model, modelVersions: model.modelVersions.map(withoutExtras) };
}

function withoutExtras(version: unknown): unknown {
  if (!isRecord(version)) return version;
  const kept = Object.entries(version).filter(([, value]) => !isEmpty(value));
  return Object.fromEntries(
    kept.map(([key, value]) => [
      key,
      key === 'images' && Array.isArray(value) ? value.map(withoutId) : value,
    ]),
  );
}

function isEmpty(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
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
  const json = withDates(version.json, createdAt);
  const { isListEntry, ...rest } = model;
  return { ...rest, json: { ...model.json, modelVersions: [json] }, versions: [{ ...version, json }] };
}

/** Keys have the order of the model's own route. Only published versions are listed. */
function withDates(version: ApiJson, createdAt: string): ApiJson {
  const { publishedAt } = version;
  const dates = { createdAt, ...(publishedAt !== undefined && { publishedAt }), status: 'Published' };
  const isListed = 'publishedAt' in version;
  const entries = Object.entries(version).flatMap(([key, value]) =>
    key === 'publishedAt' ? Object.entries(dates) : [[key, value] as const],
  );
  return Object.fromEntries(isListed ? entries : [...entries, ...Object.entries(dates)]);
}
