import type { CatalogModel } from '../catalog/entry.js';
import { json, type Reply } from '../server/reply.js';
import type { RecordedRequest } from '../server/request.js';
import type { World } from '../server/world.js';
import { isRated } from './level.js';
import { listedModelJson } from './model.js';

const MOST = 100;
const PG = 1;
/** Never listed, whoever asks and whatever for. */
const HIDDEN_TAGS = new Set(['celebrity', 'real person']);

/** `GET /api/v1/models?ids=`: some of them, in an order of its own. */
export function answerModels({ method, query }: RecordedRequest, world: World): Reply {
  if (method !== 'GET') return json(405, { error: 'Method not allowed' });
  const ids = (query.get('ids') ?? '').split(',').map(Number);
  if (!ids.every((id) => Number.isSafeInteger(id) && id > 0))
    return json(400, { error: { name: 'ZodError', message: 'Invalid ids' } });
  const limit = Number(query.get('limit') ?? MOST);
  if (!(limit >= 0 && limit <= MOST))
    return json(400, { error: { name: 'ZodError', message: 'Invalid limit' } });
  const all = query.get('nsfw') === 'true';
  const items = [...new Set(ids)]
    .map((id) => world.shelf.model(id))
    .filter((model) => model !== undefined && isListed(model, all))
    .sort((one, other) => (other?.id ?? 0) - (one?.id ?? 0))
    .slice(0, limit)
    .map((model) => model && listedModelJson(model, world));
  return json(200, { items, metadata: {} });
}

function isListed({ nsfwLevel, mode, tags, minor, versions }: CatalogModel, all: boolean): boolean {
  if (mode === 'Archived' || tags.some((tag) => HIDDEN_TAGS.has(tag))) return false;
  if (!versions.some(({ listed }) => listed)) return false;
  return all ? isRated(nsfwLevel) && minor !== true : (nsfwLevel & PG) !== 0;
}
