import { ServerError } from '../errors.js';
import type { CivitaiClient } from './client.js';
import { type ListPage, MAX_LIST_PAGE } from './list-requests.js';
import type { ModelsQuery } from './list-source.js';
import type { Model } from './model.js';
import type { ModelsPage } from './schema.js';
import { dateOf, hasBaseModel } from './select-versions.js';

/** How much of the lists of a run is wanted, and in which order; overrides what their addresses say. */
export interface ListOptions {
  /** Maximum number of models of each list. */
  readonly limit?: number | undefined;
  readonly sort?: string | undefined;
  readonly period?: string | undefined;
  /** Whether only models with the level PG are wanted. */
  readonly isSafe?: boolean | undefined;
}

/** How a list is read. */
export interface ListPlan {
  /** What the API is asked for. */
  readonly query: ModelsQuery;
  /** The size of the first page; others are as large as possible. */
  readonly firstPage: number;
  /** Whether the list has to be read to its end, and sorted by {@link newestKey} here. */
  readonly isSortedHere: boolean;
}

const NEWEST = 'Newest';
/** The default order, which is whole. */
const WHOLE = 'Highest Rated';

/**
 * Plans the requests for a list. Of a list in the order `Newest`, the first model of each further page is missing, so
 * one that has to be whole is read in another order.
 */
export function planList(query: ModelsQuery, options: ListOptions, hasFilter: boolean): ListPlan {
  const { limit, sort, period, isSafe } = options;
  const wanted: ModelsQuery = {
    ...query,
    ...(sort !== undefined && { sort }),
    ...(period !== undefined && { period }),
    ...(isSafe && { isSafe }),
  };
  // A filter may leave out models of the first page.
  const size = hasFilter ? MAX_LIST_PAGE : Math.min(limit ?? MAX_LIST_PAGE, MAX_LIST_PAGE);
  const firstPage = Math.max(1, size);
  // A search has the order of relevance, whatever it is asked for.
  const isNewest = wanted.sort === NEWEST && wanted.query === undefined;
  // The list of one account is short enough to be read whole, also for a part of it.
  const isShort = wanted.username !== undefined || wanted.favorites === true;
  const isWhole = limit === undefined || (limit > MAX_LIST_PAGE && isShort);
  if (!isNewest || !isWhole) return { query: wanted, firstPage, isSortedHere: false };
  return { query: { ...wanted, sort: WHOLE }, firstPage, isSortedHere: true };
}

/** Whether a list has a filter: without one, it has all models of Civitai. */
export function isFiltered({
  sort,
  flags,
  period,
  fileFormats,
  checkpointType,
  isSafe,
  ...filters
}: ModelsQuery): boolean {
  return Object.keys(filters).length > 0 || (period !== undefined && period !== 'AllTime');
}

/** Pages in a row without a new model after which a list has ended: a server may send the same page again and again. */
const MAX_IDLE_PAGES = 50;

export interface PagesContext {
  readonly client: Pick<CivitaiClient, 'listModels' | 'getModels'>;
  readonly signal: AbortSignal;
  /** Called once if Civitai has ignored the tag of the list, which it does not know. */
  readonly onIgnoredTag: (tag: string) => void;
}

/**
 * Requests the pages of a list, one after another, and yields the models of each that were not on a page before. Models
 * without a tag of the list are left out: Civitai ignores an unknown tag, and has no list of several.
 */
export async function* listPages(
  { query, firstPage }: Pick<ListPlan, 'query' | 'firstPage'>,
  { client, signal, onIgnoredTag }: PagesContext,
): AsyncGenerator<readonly Model[]> {
  const ids = new Set<number>();
  const cursors = new Set<string>();
  const isNew = ({ id }: Model) => !ids.has(id) && ids.add(id);
  const tags = new TagCheck(query.tags ?? [], onIgnoredTag);
  let cursor: string | undefined;
  let lost: readonly Model[] = [];
  for (let idlePages = 0; idlePages < MAX_IDLE_PAGES; ) {
    const limit = cursor === undefined ? firstPage : MAX_LIST_PAGE;
    const page = await requestPage(query, { cursor, limit }, client, signal);
    const models = [...lost, ...page.items].filter(isNew);
    idlePages = models.length > 0 ? 0 : idlePages + 1;
    if (models.length > 0) yield tags.filter(models);
    cursor = page.nextCursor;
    // A cursor that comes again would lead in a circle.
    if (cursor === undefined || cursors.has(cursor) || tags.isIgnored(models)) return;
    cursors.add(cursor);
    lost =
      query.sort === NEWEST && query.query === undefined ? await modelOfCursor(cursor, client, signal) : [];
    lost = lost.map((model) => ofBaseModels(model, query)).filter(({ versions }) => versions.length > 0);
    if (query.isSafe) lost = lost.filter(isSafeModel);
  }
}

/** The size of pages instead of those that are too large to be read: some models have hundreds of images. */
const SMALL_PAGE = 10;

async function requestPage(
  query: ModelsQuery,
  page: ListPage,
  client: PagesContext['client'],
  signal: AbortSignal,
): Promise<ModelsPage> {
  try {
    return await client.listModels(query, page, signal);
  } catch (error) {
    const isUnreadable = error instanceof ServerError && error.code === 'bad-answer';
    if (!isUnreadable || page.limit <= SMALL_PAGE) throw error;
    return client.listModels(query, { ...page, limit: SMALL_PAGE }, signal);
  }
}

/** Requests the model that the order `Newest` leaves out: the cursor is made of its date and its id. */
async function modelOfCursor(
  cursor: string,
  client: PagesContext['client'],
  signal: AbortSignal,
): Promise<readonly Model[]> {
  const id = Number(/\|(?<id>\d+)$/.exec(cursor)?.groups?.id);
  return id > 0 ? client.getModels([id], signal) : [];
}

/** Leaves out the versions of a model that a list of some base models does not have. */
function ofBaseModels(model: Model, { baseModels = [] }: ModelsQuery): Model {
  if (baseModels.length === 0) return model;
  return { ...model, versions: model.versions.filter((version) => hasBaseModel(version, baseModels)) };
}

/** The bit of the level PG. */
const PG = 1;

/** Whether a list of safe models has a model: those that have something of the level PG. */
export function isSafeModel({ nsfwLevel }: Model): boolean {
  return (nsfwLevel & PG) !== 0;
}

/**
 * Compares the tags of models with those of a list. Civitai knows a tag that a model has exactly so; then the list has
 * only models with it, although the list shows the tags of the day before.
 */
class TagCheck {
  readonly #tags: readonly string[];
  readonly #onIgnored: (tag: string) => void;
  #isKnown = false;
  #isReported = false;

  constructor(tags: readonly string[], onIgnored: (tag: string) => void) {
    this.#tags = tags;
    this.#onIgnored = onIgnored;
  }

  filter(models: readonly Model[]): readonly Model[] {
    const [first] = this.#tags;
    this.#isKnown ||= first === undefined || models.some(({ tags }) => tags.includes(first));
    if (first !== undefined && !this.#isKnown && !models.every((model) => hasTag(model, first)))
      this.#report(first);
    const compared = this.#isKnown ? this.#tags.slice(1) : this.#tags;
    return models.filter((model) => compared.every((tag) => hasTag(model, tag)));
  }

  /** Whether no model has the tag that Civitai was asked for: then it is a list of all. */
  isIgnored(models: readonly Model[]): boolean {
    const [first] = this.#tags;
    return (
      first !== undefined &&
      !this.#isKnown &&
      models.length > 0 &&
      !models.some((model) => hasTag(model, first))
    );
  }

  #report(tag: string): void {
    if (!this.#isReported) this.#onIgnored(tag);
    this.#isReported = true;
  }
}

function hasTag({ tags }: Model, wanted: string): boolean {
  return tags.some((tag) => tag.trim().toLowerCase() === wanted.trim().toLowerCase());
}

/** Place of a model in the order `Newest`. */
export interface NewestKey {
  /** Milliseconds since the epoch, of its latest version. */
  readonly date: number;
  readonly id: number;
}

export function newestKey({ id, versions }: Model): NewestKey {
  const dates = versions.map((version) => dateOf(version)?.getTime() ?? 0);
  return { date: Math.max(0, ...dates), id };
}

/** Compares models for the order `Newest`: by the date of the latest version, then by id, both descending. */
export function compareNewest(one: NewestKey, other: NewestKey): number {
  return other.date - one.date || other.id - one.id;
}
