import { json, type Reply } from '../server/reply.js';
import type { RecordedRequest } from '../server/request.js';
import { filesOf, type VersionOnShelf } from '../server/shelf.js';
import type { World } from '../server/world.js';
import { published } from './dates.js';
import { fileJson, toldHashes, versionDownloadUrl } from './file-json.js';
import { parseId } from './id.js';
import { imageJsonWithMeta } from './image-json.js';
import { isRated } from './level.js';

type Json = Record<string, unknown>;

const MAX_IMAGES = 10;

/** `GET /api/v1/model-versions/{id}`. */
export function answerVersion({ method, path }: RecordedRequest, world: World): Reply {
  if (method !== 'GET') return json(405, { error: 'Method not allowed' });
  const id = parseId(path);
  if (id === undefined) return json(400, { error: 'Invalid version id' });
  const entry = world.shelf.version(id);
  if (entry === undefined || !isRated(entry.version.nsfwLevel))
    return json(404, { error: 'Model not found' });
  if (entry.version.files.length === 0) return json(404, { error: 'Missing model file' });
  return json(200, versionJson(entry, world));
}

/** `GET /api/v1/model-versions/by-hash/{hash}`: any type of hash; the oldest version that has it. */
export function answerByHash({ path }: RecordedRequest, world: World): Reply {
  const hash = path.slice(path.lastIndexOf('/') + 1).toUpperCase();
  const [oldest] = world.shelf
    .versions()
    .filter(({ version }) => version.files.some((file) => Object.values(toldHashes(file)).includes(hash)))
    .sort((a, b) => a.version.id - b.version.id);
  if (oldest === undefined) return json(404, { error: 'Model not found' });
  return json(200, versionJson(oldest, world), {
    'cache-control': 'public, s-maxage=3600, stale-while-revalidate=1800',
  });
}

function versionJson({ model, version }: VersionOnShelf, world: World): Json {
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
    description: null,
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
    files: archived ? [] : filesOf(version, world.shelf).map((file) => fileJson(file, version, 'version')),
    images: images.slice(0, MAX_IMAGES).map((image) => imageJsonWithMeta(image, world)),
    ...(!archived && { downloadUrl: versionDownloadUrl(version) }),
  };
}
