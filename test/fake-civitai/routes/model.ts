import type { CatalogModel, CatalogVersion } from '../catalog/entry.js';
import { json, type Reply } from '../server/reply.js';
import type { RecordedRequest } from '../server/request.js';
import { filesOf } from '../server/shelf.js';
import type { World } from '../server/world.js';
import { published } from './dates.js';
import { fileJson, versionDownloadUrl } from './file-json.js';
import { parseId } from './id.js';
import { imageJson } from './image-json.js';
import { isRated } from './level.js';

type Json = Record<string, unknown>;

const MAX_IMAGES = 20;

/** `GET /api/v1/models/{id}`: public, whatever the method. */
export function answerModel({ path }: RecordedRequest, world: World): Reply {
  const id = parseId(path);
  if (id === undefined) return json(400, { error: 'Invalid model id' });
  const model = world.shelf.model(id);
  if (model === undefined || !isRated(model.nsfwLevel)) return json(404, { error: `No model with id ${id}` });
  return json(200, modelJson(model, world), {
    'cache-control': 'public, s-maxage=300, stale-while-revalidate=150',
  });
}

/** As its own route tells it, with versions that lack what is null or an empty list. */
function modelJson(model: CatalogModel, world: World): Json {
  return {
    ...commonJson(model),
    modelVersions: listedVersions(model).map((version, index) =>
      withoutEmpty(versionJson(version, index, model, world)),
    ),
  };
}

/** As the list of models tells it: with what is empty, without states and dates of versions, and images with ids. */
export function listedModelJson(model: CatalogModel, world: World): Json {
  const versions = listedVersions(model).map((version, index) => {
    const { status, createdAt, images, ...rest } = versionJson(version, index, model, world);
    const ids = new Map(version.images.map((image) => [imageJson(image, world).url, image.id]));
    const withIds = (images as Json[]).map((image) => ({ id: ids.get(image.url), ...image }));
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
    description: '<p>Made for tests.</p>',
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
      downloadCount: 1200,
      thumbsUpCount: 80,
      thumbsDownCount: 1,
      commentCount: 4,
      tippedAmountCount: null,
    },
    ...(model.creator !== null && { creator: { username: model.creator, image: null } }),
    tags: model.tags,
  };
}

function versionJson(version: CatalogVersion, index: number, model: CatalogModel, world: World): Json {
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
    description: null,
    trainedWords: version.trainedWords,
    vaeId: version.linkedVae,
    covered: true,
    paidAccess: version.paidAccess,
    stats: { downloadCount: 900, thumbsUpCount: 60, thumbsDownCount: 0 },
    files: archived ? [] : filesOf(version, world.shelf).map((file) => fileJson(file, version, 'model')),
    images:
      model.mode === 'TakenDown' ? [] : images.slice(0, MAX_IMAGES).map((image) => imageJson(image, world)),
    downloadUrl: archived ? undefined : versionDownloadUrl(version),
  };
}

/** This endpoint leaves out what is null or an empty list. */
function withoutEmpty(object: Json): Json {
  const empty = (value: unknown) => value == null || (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(object).filter(([, value]) => !empty(value)));
}
