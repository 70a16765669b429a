import type { CatalogModel } from '../catalog/entry.js';
import { json, type Reply } from '../server/reply.js';
import type { RecordedRequest } from '../server/request.js';
import type { ServerState } from '../server/state.js';
import { isRated } from './level.js';
import { listedModelJson } from './model.js';

const MAX_LIMIT = 100;
const PG = 1;
/** Models with these tags are never listed. */
const HIDDEN_TAGS = new Set(['celebrity', 'real person']);

/** `GET /api/v1/models?ids=`: the listed ones of these models, newest first. */
export function answerModels({ method, query }: RecordedRequest, state: ServerState): Reply {
  if (method !== 'GET') return json(405, { error: 'Method not allowed' });
  const ids = (query.get('ids') ?? '').split(',').map(Number);
  if (!ids.every((id) => Number.isSafeInteger(id) && id > 0))
    return json(400, { error: { name: 'ZodError', message: 'Invalid ids' } });
  const limit = Number(query.get('limit') ?? MAX_LIMIT);
  if (!(limit >= 0 && limit <= MAX_LIMIT))
    return json(400, { error: { name: 'ZodError', message: 'Invalid limit' } });
  const all = query.get('nsfw') === 'true';
  const items = [...new Set(ids)]
    .map((id) => state.catalog.model(id))
    .filter((model) => model !== undefined && isListed(model, all))
    .sort((one, other) => (other?.id ?? 0) - (one?.id ?? 0))
    .slice(0, limit)
    .map((model) => model && listedModelJson(model, state));
  return json(200, { items, metadata: {} });
}

function isListed({ nsfwLevel, mode, tags, minor, versions }: CatalogModel, all: boolean): boolean {
  if (mode === 'Archived' || tags.some((tag) => HIDDEN_TAGS.has(tag))) return false;
  if (!versions.some(({ listed }) => listed)) return false;
  return all ? isRated(nsfwLevel) && minor !== true : (nsfwLevel & PG) !== 0;
}
