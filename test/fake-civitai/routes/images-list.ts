import type { CatalogImage, CatalogModel } from '../catalog/entry.js';
import { type IndexedVersion, imageUuid } from '../server/catalog-index.js';
import { json, type Reply } from '../server/reply.js';
import type { RecordedRequest } from '../server/request.js';
import type { ServerState } from '../server/state.js';
import { imageJson } from './image-json.js';

type Json = Record<string, unknown>;

const SAFE = 1 | 2;
const MATURE = 4 | 8 | 16 | 32;
const LEVEL_NAMES = [
  [32, 'Blocked'],
  [24, 'X'],
  [4, 'Mature'],
  [2, 'Soft'],
] as const;

/** `GET /api/v1/images`, filtered by model version, model, image or post; the id of a post is that of its version. */
export function answerImages({ query }: RecordedRequest, state: ServerState): Reply {
  const limit = Number(query.get('limit') ?? 100);
  const from = Number(query.get('cursor') ?? 0);
  if (!(limit >= 0 && limit <= 200)) return json(400, { error: { name: 'ZodError', issues: [] } });
  const found = state.catalog
    .versions()
    .flatMap((entry) =>
      entry.version.images
        .filter((image) => wanted(image, entry, query))
        .map((image) => itemJson(image, entry, query, state)),
    );
  const next = from + limit;
  return json(200, {
    items: found.slice(from, next),
    metadata: next < found.length ? { nextCursor: String(next) } : {},
  });
}

function wanted(image: CatalogImage, { model, version }: IndexedVersion, query: URLSearchParams): boolean {
  const asked = (name: string, id: number) => !query.has(name) || Number(query.get(name)) === id;
  return (
    asked('modelVersionId', version.id) &&
    asked('modelId', model.id) &&
    asked('imageId', image.id) &&
    asked('postId', version.id) &&
    (!query.has('username') || query.get('username') === userOf(image, model)) &&
    (image.nsfwLevel & levels(query)) !== 0
  );
}

function levels(query: URLSearchParams): number {
  const sum = query.get('browsingLevel');
  if (sum !== null) return Number(sum);
  if (query.get('nsfw') === 'true') return MATURE;
  return query.get('nsfw') === 'X' ? 31 : SAFE;
}

function itemJson(
  image: CatalogImage,
  entry: IndexedVersion,
  query: URLSearchParams,
  state: ServerState,
): Json {
  const common = imageJson(image, state);
  return {
    id: image.id,
    ...common,
    // Unlike the other routes, this one names the file after the UUID.
    url: String(common.url).replace(/[^/]*(?=\.\w+$)/, imageUuid(image)),
    nsfwLevel: LEVEL_NAMES.find(([bits]) => (image.nsfwLevel & bits) !== 0)?.[1] ?? 'None',
    nsfw: image.nsfwLevel > SAFE,
    browsingLevel: image.nsfwLevel,
    createdAt: '2026-02-01T10:30:00.000Z',
    postId: entry.version.id,
    username: userOf(image, entry.model),
    baseModel: entry.version.baseModel,
    modelVersionIds: image.madeWith ?? [entry.version.id],
    meta: query.get('withMeta') === 'true' ? metaJson(image, query) : null,
  };
}

function userOf({ byOwner }: CatalogImage, { creator }: CatalogModel): string | null {
  return byOwner ? creator : 'somebody_else';
}

/** Lists that are not filtered by version nest the generation data, unless `flatMeta` is set. */
function metaJson({ id, meta }: CatalogImage, query: URLSearchParams): unknown {
  const flat = query.has('modelVersionId') || query.has('postId') || query.get('flatMeta') === 'true';
  return flat ? meta : { id, meta };
}
