import type { CatalogModel, CatalogVersion } from '../catalog/entry.js';
import { filesOf } from '../server/catalog-index.js';
import { json, type Reply } from '../server/reply.js';
import type { RecordedRequest } from '../server/request.js';
import type { ServerState } from '../server/state.js';
import { published } from './dates.js';
import { fileJson, versionDownloadUrl } from './file-json.js';
import { parseId } from './id.js';
import { imageJson } from './image-json.js';
import { isRated } from './level.js';

type Json = Record<string, unknown>;

const MAX_IMAGES = 20;

/** `GET /api/v1/models/{id}`, with any method and without a key. */
export function answerModel({ path }: RecordedRequest, state: ServerState): Reply {
  const id = parseId(path);
  if (id === undefined) return json(400, { error: 'Invalid model id' });
  const model = state.catalog.model(id);
  if (model === undefined || !isRated(model.nsfwLevel)) return json(404, { error: `No model with id ${id}` });
  return json(200, modelJson(model, state), {
    'cache-control': 'public, s-maxage=300, stale-while-revalidate=150',
  });
}

/** Returns a model as its own route does: its versions lack properties that are null or empty. */
function modelJson(model: CatalogModel, state: ServerState): Json {
  return {
    ...commonJson(model),
    modelVersions: listedVersions(model).map((version, index) =>
      withoutEmpty(versionJson(version, index, model, state)),
    ),
  };
}

/**
 * Returns a model as the models route does: with empty properties and image ids, without states and dates.
 * @param hasAllLevels whether images without the PG bit are listed
 */
export function listedModelJson(model: CatalogModel, state: ServerState, hasAllLevels: boolean): Json {
  const versions = listedVersions(model).map((version, index) => {
    const { status, createdAt, images, ...rest } = versionJson(version, index, model, state);
    const ids = new Map(version.images.map((image) => [imageJson(image, state).url, image.id]));
    const withIds = (images as Json[])
      .filter(({ nsfwLevel }) => hasAllLevels || nsfwLevel === 1)
      .map((image) => ({ id: ids.get(image.url), ...image }));
    return { ...rest, images: withIds };
  });
  return { ...commonJson(model), modelVersions: versions };
}

function listedVersions(model: CatalogModel): readonly CatalogVersion[] {
  return model.versions.filter((version) => version.listed);
}

function commonJson(model: CatalogModel): Json {
  const listed = listedVersions(model);
  return {
    id: model.id,
    name: model.name,
    description: model.description ?? '<p>Made for tests.</p>',
    allowNoCredit: true,
    allowCommercialUse: '{Image,RentCivit}',
    allowDerivatives: true,
    allowDifferentLicense: true,
    type: model.type,
    minor: model.minor ?? false,
    sfwOnly: false,
    poi: false,
    nsfw: false,
    nsfwLevel: model.nsfwLevel,
    availability: 'Public',
    userId: 777,
    baseModels: [...new Set(listed.map(({ baseModel }) => baseModel))],
    cosmetic: null,
    supportsGeneration: true,
    ...(model.mode !== null && { mode: model.mode }),
    stats: {
      downloadCount: model.downloads ?? 1200,
      thumbsUpCount: model.likes ?? 80,
      thumbsDownCount: 1,
      commentCount: 4,
      tippedAmountCount: null,
    },
    ...(model.creator !== null && { creator: { username: model.creator, image: null } }),
    tags: model.tags,
  };
}

function versionJson(version: CatalogVersion, index: number, model: CatalogModel, state: ServerState): Json {
  const archived = model.mode === 'Archived';
  const images = version.images.filter(({ byOwner, nsfwLevel }) => byOwner && nsfwLevel !== 0);
  return {
    id: version.id,
    index,
    name: version.name,
    baseModel: version.baseModel,
    baseModelType: 'Standard',
    createdAt: published(version.id),
    publishedAt: published(version.id),
    status: 'Published',
    availability: 'Public',
    nsfwLevel: version.nsfwLevel,
    description: version.description ?? null,
    trainedWords: version.trainedWords,
    vaeId: version.linkedVae,
    covered: true,
    paidAccess: version.paidAccess,
    stats: { downloadCount: 900, thumbsUpCount: 60, thumbsDownCount: 0 },
    files: archived ? [] : filesOf(version, state.catalog).map((file) => fileJson(file, version, 'model')),
    images:
      model.mode === 'TakenDown' ? [] : images.slice(0, MAX_IMAGES).map((image) => imageJson(image, state)),
    downloadUrl: archived ? undefined : versionDownloadUrl(version),
  };
}

function withoutEmpty(object: Json): Json {
  const empty = (value: unknown) => value == null || (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(object).filter(([, value]) => !empty(value)));
}
