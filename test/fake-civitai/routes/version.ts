import { filesOf, type IndexedVersion } from '../server/catalog-index.js';
import { json, type Reply } from '../server/reply.js';
import type { RecordedRequest } from '../server/request.js';
import type { ServerState } from '../server/state.js';
import { published } from './dates.js';
import { fileJson, publishedHashes, versionDownloadUrl } from './file-json.js';
import { parseId } from './id.js';
import { imageJsonWithMeta } from './image-json.js';
import { isRated } from './level.js';

type Json = Record<string, unknown>;

const MAX_IMAGES = 10;

/** `GET /api/v1/model-versions/{id}`. */
export function answerVersion({ method, path }: RecordedRequest, state: ServerState): Reply {
  if (method !== 'GET') return json(405, { error: 'Method not allowed' });
  const id = parseId(path);
  if (id === undefined) return json(400, { error: 'Invalid version id' });
  const entry = state.catalog.version(id);
  if (entry === undefined || !isRated(entry.version.nsfwLevel))
    return json(404, { error: 'Model not found' });
  if (entry.version.files.length === 0) return json(404, { error: 'Missing model file' });
  return json(200, versionJson(entry, state));
}

/** `GET /api/v1/model-versions/by-hash/{hash}`: the oldest version with this hash, of any type. */
export function answerByHash({ path }: RecordedRequest, state: ServerState): Reply {
  const hash = path.slice(path.lastIndexOf('/') + 1).toUpperCase();
  const [oldest] = state.catalog
    .versions()
    .filter(({ version }) =>
      version.files.some((file) => Object.values(publishedHashes(file)).includes(hash)),
    )
    .sort((a, b) => a.version.id - b.version.id);
  if (oldest === undefined) return json(404, { error: 'Model not found' });
  return json(200, versionJson(oldest, state), {
    'cache-control': 'public, s-maxage=3600, stale-while-revalidate=1800',
  });
}

function versionJson({ model, version }: IndexedVersion, state: ServerState): Json {
  const archived = model.mode === 'Archived';
  const images = model.mode === 'TakenDown' ? [] : version.images.filter(({ byOwner }) => byOwner);
  return {
    id: version.id,
    modelId: model.id,
    name: version.name,
    nsfwLevel: version.nsfwLevel,
    createdAt: published(version.id),
    updatedAt: published(version.id),
    status: 'Published',
    publishedAt: published(version.id),
    trainedWords: version.trainedWords,
    trainingStatus: null,
    trainingDetails: null,
    baseModel: version.baseModel,
    baseModelType: 'Standard',
    description: version.description ?? null,
    uploadType: 'Created',
    usageControl: version.usageControl,
    licensingFee: null,
    paidAccess: version.paidAccess,
    air: `urn:air:sdxl:${model.type.toLowerCase()}:civitai:${model.id}@${version.id}`,
    stats: { downloadCount: 900, thumbsUpCount: 60 },
    model: {
      name: model.name,
      type: model.type,
      nsfw: false,
      poi: false,
      ...(model.mode !== null && { mode: model.mode }),
    },
    files: archived ? [] : filesOf(version, state.catalog).map((file) => fileJson(file, version, 'version')),
    images: images.slice(0, MAX_IMAGES).map((image) => imageJsonWithMeta(image, state)),
    ...(!archived && { downloadUrl: versionDownloadUrl(version) }),
  };
}
