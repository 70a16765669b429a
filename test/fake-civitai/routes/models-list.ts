import type { CatalogModel } from '../catalog/entry.js';
import { json, type Reply } from '../server/reply.js';
import type { RecordedRequest } from '../server/request.js';
import type { ServerState } from '../server/state.js';
import { isRated } from './level.js';
import { cutPage, DEFAULT_ORDER, lastDate, type OrderedPage } from './list-order.js';
import { limitOf, refuseQuery } from './list-query.js';
import { listedModelJson } from './model.js';

const PG = 1;
const DAY_MS = 86_400_000;
const DAYS: Readonly<Record<string, number>> = { Day: 1, Week: 7, Month: 30, Year: 365 };
/** Models with these tags are never listed. */
const HIDDEN_TAGS = new Set(['celebrity', 'real person']);

type Filter = (model: CatalogModel) => boolean;

/** `GET /api/v1/models`: a page of the models that match. */
export function answerModels(request: RecordedRequest, state: ServerState): Reply {
  const { method, query } = request;
  if (method !== 'GET') return json(405, { error: 'Method not allowed' });
  const refusal = refuseQuery(request, state);
  if (refusal) return refusal;
  const creator = creatorOf(query.get('username'), state);
  if (creator === null) return json(404, { message: 'User not found' });
  try {
    const page = pageOf(query, filtersOf(query, creator, state), state);
    const items = page.models
      .filter(({ isDropped }) => isDropped !== true)
      .flatMap((model) => narrowed(model, query.getAll('baseModels')))
      .map((model) => listedModelJson(model, state, query.get('nsfw') === 'true'));
    return json(200, { items, metadata: metadataOf(page, request) });
  } catch (error) {
    return json(400, { error: { message: String(error) } });
  }
}

/** Returns the name of a creator as asked for after cleaning, undefined if none was asked for, null if there is none. */
function creatorOf(username: string | null, { catalog, users }: ServerState): string | undefined | null {
  if (username === null) return undefined;
  const cleaned = username.replace(' ', '_').replace(/\W/g, '').toLowerCase();
  const names = [...users, ...catalog.models().flatMap(({ creator }) => creator ?? [])];
  return names.find((name) => name.toLowerCase() === cleaned) ?? null;
}

function pageOf(query: URLSearchParams, { engine, others }: Filters, state: ServerState): OrderedPage {
  const models = state.catalog.models();
  const limit = limitOf(query);
  const text = query.get('query');
  const cursor = query.get('cursor');
  if (text) return searchPage(models.filter(engine), text, { limit, offset: Number(cursor ?? 0), others });
  const matching = models.filter((model) => engine(model) && others(model));
  return cutPage(matching, query.get('sort') ?? DEFAULT_ORDER, { cursor, limit, isMoving: state.isMoving });
}

/** The search engine pages through its hits before the other filters apply. */
function searchPage(
  models: readonly CatalogModel[],
  text: string,
  { limit, offset, others }: { readonly limit: number; readonly offset: number; readonly others: Filter },
): OrderedPage {
  const words = text.toLowerCase().split(/\s+/);
  const hits = models
    .filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)))
    .toSorted((one, other) => one.name.length - other.name.length || one.id - other.id);
  const next = offset + limit;
  return {
    models: hits.slice(offset, next).filter(others),
    nextCursor: next < hits.length ? String(next) : undefined,
  };
}

interface Filters {
  /** What the search engine knows, too. */
  readonly engine: Filter;
  readonly others: Filter;
}

function filtersOf(query: URLSearchParams, creator: string | undefined, state: ServerState): Filters {
  const types = query.getAll('types');
  const engine = all([
    (model) => isListed(model, query),
    ({ type }) => types.length === 0 || types.includes(type),
  ]);
  const baseModels = query.getAll('baseModels');
  const ids = query.get('ids')?.split(',').map(Number);
  const tag = knownTag(query.get('tag') ?? query.get('tagname'), state);
  const days = DAYS[query.get('period') ?? ''];
  const since = days === undefined ? undefined : new Date(Date.now() - days * DAY_MS).toISOString();
  const others = all([
    (model) => creator === undefined || model.creator === creator,
    ({ versions }) => baseModels.length === 0 || versions.some((one) => baseModels.includes(one.baseModel)),
    ({ id }) => ids === undefined || ids.includes(id),
    ({ tags }) => tag === undefined || tags.includes(tag),
    ({ id }) => query.get('favorites') !== 'true' || state.account.favorites.includes(id),
    (model) => since === undefined || lastDate(model) >= since.replace('T', ' '),
  ]);
  return { engine, others };
}

function all(filters: readonly Filter[]): Filter {
  return (model) => filters.every((filter) => filter(model));
}

/** An unknown tag filters nothing. */
function knownTag(tag: string | null, { catalog }: ServerState): string | undefined {
  return catalog.models().some(({ tags }) => tags.includes(tag ?? '')) ? (tag ?? undefined) : undefined;
}

function isListed(model: CatalogModel, query: URLSearchParams): boolean {
  const { nsfwLevel, mode, tags, minor, versions } = model;
  // Any text that is not empty means true.
  if (mode === 'Archived' && !query.get('archived')) return false;
  if (tags.some((tag) => HIDDEN_TAGS.has(tag)) || !versions.some(({ listed }) => listed)) return false;
  return query.get('nsfw') === 'true' ? isRated(nsfwLevel) && minor !== true : (nsfwLevel & PG) !== 0;
}

/** With base models in the query, a model has only versions of these. */
function narrowed(model: CatalogModel, baseModels: readonly string[]): readonly CatalogModel[] {
  if (baseModels.length === 0) return [model];
  const versions = model.versions.filter(({ baseModel }) => baseModels.includes(baseModel));
  return versions.length > 0 ? [{ ...model, versions }] : [];
}

/** The URL of the next page repeats the whole query, with a key if there is one. */
function metadataOf({ nextCursor }: OrderedPage, { url }: RecordedRequest): object {
  if (nextCursor === undefined) return {};
  const nextPage = new URL(url);
  nextPage.searchParams.set('cursor', nextCursor);
  return { nextCursor, nextPage: nextPage.href };
}
