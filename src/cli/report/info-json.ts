import { unavailableReason } from '../../civitai/availability.js';
import { permissionsOf } from '../../civitai/licence.js';
import type { Model, ModelFile, ModelVersion } from '../../civitai/model.js';
import { pageUrl } from '../../civitai/page-url.js';
import { trainedWordsOf } from '../../civitai/trained-words.js';
import { downloadCount, type ModelInfo } from './info-lines.js';
import { errorJson } from './json.js';

/** Describes a model and its versions for `civitdl info --json`. */
export function infoJson({ model, versions }: ModelInfo, now: number): object {
  return {
    type: 'info',
    model: modelJson(model),
    permissions: Object.fromEntries(
      permissionsOf(model.json).map(({ name, isAllowed }) => [name, isAllowed]),
    ),
    versions: versions.map((version) => versionJson(model, version, now)),
  };
}

/** Describes a model without its versions. */
export function modelJson(model: Model): object {
  const { id, name, type, creator, tags, mode, versions } = model;
  return {
    id,
    name,
    type,
    creator,
    tags,
    mode,
    baseModels: [...new Set(versions.map(({ baseModel }) => baseModel))],
    downloads: downloadCount(model.json),
    page: pageUrl(model),
  };
}

function versionJson(model: Model, version: ModelVersion, now: number): object {
  const { id, name, baseModel, publishedAt, createdAt, files } = version;
  const reason = unavailableReason(model, version, now);
  return {
    id,
    name,
    baseModel,
    publishedAt,
    createdAt,
    trainedWords: trainedWordsOf(version),
    obstacle: reason && errorJson(reason),
    page: pageUrl(model, version),
    files: files.map(fileJson),
  };
}

function fileJson({ hashes, downloadUrl, ...file }: ModelFile): object {
  return { ...file, hashes: Object.fromEntries(hashes) };
}
