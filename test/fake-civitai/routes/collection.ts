import { json, type Reply } from '../server/reply.js';
import type { RecordedRequest } from '../server/request.js';
import { hasSession, type ServerState } from '../server/state.js';

const PATH = 'collection.getAllCollectionItems';
const MAX_LIMIT = 100;
const DEFAULT_LIMIT = 20;

interface Input {
  readonly collectionId?: unknown;
  readonly limit?: unknown;
  readonly cursor?: unknown;
  readonly browsingLevel?: unknown;
}

/** `GET /api/trpc/collection.getAllCollectionItems`: the site's own route, with its cards instead of models. */
export function answerCollection(request: RecordedRequest, state: ServerState): Reply {
  if (!hasSession(request, state)) return refused(401, 'UNAUTHORIZED', -32001);
  const {
    collectionId,
    limit = DEFAULT_LIMIT,
    cursor,
    browsingLevel = 0,
  } = readInput(request.query.get('input'));
  const isRight =
    typeof collectionId === 'number' &&
    typeof browsingLevel === 'number' &&
    typeof limit === 'number' &&
    limit >= 0 &&
    limit <= MAX_LIMIT &&
    (cursor === undefined || typeof cursor === 'string');
  if (!isRight) return refused(400, 'BAD_REQUEST', -32600);
  const items = state.collections.get(collectionId);
  if (!items) return refused(404, 'NOT_FOUND', -32004);
  const start = Number(cursor ?? 0);
  const next = start + limit;
  const cards = items.slice(start, next).flatMap((item, index) => {
    const data = item.type === 'model' ? modelCard(item.id, browsingLevel, state) : { id: item.id };
    const id = start + index + 1;
    // What the caller may not see is dropped after the page was cut.
    return data ? [{ id, createdAt: '2026-02-01T10:00:00.000Z', type: item.type, data }] : [];
  });
  const result = { collectionItems: cards, ...(next < items.length && { nextCursor: String(next) }) };
  return json(200, { result: { data: { json: result, meta: { values: {} } } } });
}

function modelCard(id: number, browsingLevel: number, { catalog }: ServerState): object | undefined {
  const model = catalog.model(id);
  const version = model?.versions[0];
  if (!model || !version || (model.nsfwLevel & browsingLevel) === 0) return undefined;
  const { name, type, nsfwLevel, creator } = model;
  return {
    id,
    name,
    type,
    nsfwLevel,
    user: { id: 777, username: creator },
    version: { id: version.id, name: version.name, baseModel: version.baseModel },
  };
}

function readInput(text: string | null): Input {
  try {
    const { json: input } = JSON.parse(text ?? '{}') as { readonly json?: Input };
    return input ?? {};
  } catch {
    return {};
  }
}

function refused(status: number, code: string, number: number): Reply {
  const data = { code, httpStatus: status, path: PATH };
  return json(status, { error: { json: { message: code, code: number, data } } });
}
