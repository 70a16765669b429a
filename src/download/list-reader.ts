import type { CivitaiClient } from '../civitai/client.js';
import {
  compareNewest,
  isFiltered,
  isSafeModel,
  type ListOptions,
  listPages,
  type NewestKey,
  newestKey,
  planList,
} from '../civitai/list-pages.js';
import { MAX_LIST_PAGE } from '../civitai/list-requests.js';
import type { ListSource, ModelsQuery } from '../civitai/list-source.js';
import type { Model } from '../civitai/model.js';
import type { Selection } from '../civitai/selection.js';
import { type CivitdlError, NotFoundError, UsageError } from '../errors.js';
import { baseModels, modelTypes } from '../options/civitai-names.js';
import type { PassedOver } from './events.js';
import { listedVersions, originOf, type VersionsContext } from './listed-versions.js';
import type { Unresolved } from './picture-list.js';
import type { RunItem } from './run-item.js';
import type { ListRequest } from './sources.js';

export interface ListReaderContext extends VersionsContext {
  readonly client: CivitaiClient;
  readonly signal: AbortSignal;
  readonly options: ListOptions;
  /** Called with each problem that does not keep the list from being read. */
  readonly onWarning: (error: CivitdlError) => void;
  /** Called after each page with the number of models so far. */
  readonly onProgress: (models: number) => void;
}

/** What a list names, in a form that is small enough to keep thousands. */
export interface ReadList {
  readonly items: readonly RunItem[];
  readonly models: number;
  readonly passedOver: readonly PassedOver[];
  /** Models of a picture that cannot be found. */
  readonly unresolved: readonly Unresolved[];
}

/**
 * Pages in a row without a new model after which a collection has ended. On civitai.com, all pages of a collection of
 * mature models are empty.
 */
const MAX_IDLE_PAGES = 500;

interface Entry {
  readonly key: NewestKey;
  readonly items: readonly RunItem[];
}

/** Reads one list. Keeps compact records only: the JSON of a thousand models would fill the memory. */
export class ListReader {
  readonly #request: ListRequest;
  readonly #context: ListReaderContext;
  readonly #passedOver: PassedOver[] = [];
  readonly #unresolved: Unresolved[] = [];

  constructor(request: ListRequest, context: ListReaderContext) {
    this.#request = request;
    this.#context = context;
  }

  /** @throws an error of the client, or a UsageError or NotFoundError about the list itself */
  async read(): Promise<ReadList> {
    const entries = await this.#entries();
    const { limit = Number.POSITIVE_INFINITY } = this.#context.options;
    const kept = entries.slice(0, limit);
    const items = kept.flatMap((entry) => entry.items);
    return { items, models: kept.length, passedOver: this.#passedOver, unresolved: this.#unresolved };
  }

  #entries(): Promise<readonly Entry[]> {
    const { listSource } = this.#request;
    switch (listSource.kind) {
      case 'models':
        return this.#readModels(listSource.query);
      case 'collection':
        return this.#readCollection(listSource.collectionId);
      case 'image':
      case 'post':
      case 'picture':
        return this.#readPicture(listSource);
    }
  }

  async #readPicture(
    source: Extract<ListSource, { kind: 'image' | 'post' | 'picture' }>,
  ): Promise<readonly Entry[]> {
    // Most runs have no picture.
    const { readPicture, readPostedImages } = await import('./picture-list.js');
    const origin = originOf(this.#request);
    const readSource = () => {
      if (source.kind === 'picture') return readPicture(source.path, origin, this.#context);
      const list = source.kind === 'image' ? { imageId: source.imageId } : { postId: source.postId };
      const subject = source.kind === 'image' ? `Image ${source.imageId}` : `Post ${source.postId}`;
      return readPostedImages(list, subject, origin, this.#context);
    };
    const { items, unresolved } = await readSource();
    this.#unresolved.push(...unresolved);
    return items.map((item, index) => ({ key: { date: 0, id: index }, items: [item] }));
  }

  async #readModels(query: ModelsQuery): Promise<readonly Entry[]> {
    const { client, signal, options, selection, onWarning } = this.#context;
    const { limit = Number.POSITIVE_INFINITY } = options;
    const plan = planList(narrow(query, selection), options, hasFilter(selection));
    if (!isFiltered(plan.query) && options.limit === undefined)
      throw new UsageError('bad-source', `${this.#request.text} lists all models of Civitai. Pass --limit.`);
    const onIgnoredTag = (tag: string) =>
      onWarning(
        new NotFoundError('no-such-tag', `Civitai has ignored the tag '${tag}': it does not know it.`),
      );
    const entries: Entry[] = [];
    const max = plan.isSortedHere ? Number.POSITIVE_INFINITY : limit;
    for await (const models of listPages(plan, { client, signal, onIgnoredTag })) {
      // What is beyond the limit is not passed over.
      for (const model of models) if (entries.length < max) entries.push(...this.#entriesOf(model));
      this.#context.onProgress(Math.min(entries.length, limit));
      if (entries.length >= max) break;
    }
    return plan.isSortedHere ? entries.sort((one, other) => compareNewest(one.key, other.key)) : entries;
  }

  /** Returns no entry for a model that has nothing to download. */
  #entriesOf(model: Model): readonly Entry[] {
    const items = listedVersions(model, originOf(this.#request), this.#context);
    if (!('error' in items))
      return [{ key: newestKey(model), items: items.map((listed) => ({ request: listed.request, listed })) }];
    this.#passedOver.push({ id: model.id, name: model.name, error: items.error });
    return [];
  }

  /** The cards of a collection lack the files, so its models are requested as a list. */
  async #readCollection(id: number): Promise<readonly Entry[]> {
    const { client, signal, options, onProgress, onWarning } = this.#context;
    onWarning(new UsageError('usage', collectionWarning(this.#request.text)));
    const { limit = Number.POSITIVE_INFINITY } = options;
    const seen = new Set<number>();
    const cursors = new Set<string>();
    const entries: Entry[] = [];
    let cursor: string | undefined;
    for (let idlePages = 0; idlePages < MAX_IDLE_PAGES; ) {
      const page = await client.getCollectionItems(id, cursor, signal);
      const ids = page.items.flatMap((item) => (item.type === 'model' && item.id ? [item.id] : []));
      // A collection has items of one kind.
      if (page.items.length > 0 && page.items.every(({ type }) => type !== 'model'))
        throw new NotFoundError(
          'no-models',
          `Collection ${id} has images, posts or articles, and no models.`,
        );
      const added = [...new Set(ids)].filter((one) => !seen.has(one));
      for (const one of added) seen.add(one);
      idlePages = added.length > 0 ? 0 : idlePages + 1;
      for (const entry of await this.#entriesOfIds(added, limit - entries.length)) entries.push(entry);
      onProgress(entries.length);
      cursor = page.nextCursor;
      if (cursor === undefined || cursors.has(cursor) || entries.length >= limit) break;
      cursors.add(cursor);
    }
    return entries;
  }

  /** Models that the list of models leaves out are requested by their own route, as any model. */
  async #entriesOfIds(ids: readonly number[], max: number): Promise<readonly Entry[]> {
    const { client, signal, options } = this.#context;
    if (ids.length === 0) return [];
    const models = await client.getModels(ids.slice(0, MAX_LIST_PAGE), signal).catch(() => []);
    signal.throwIfAborted();
    const byId = new Map(models.map((model) => [model.id, model]));
    const entries: Entry[] = [];
    for (const id of ids) {
      if (entries.length >= max) break;
      const model = byId.get(id) ?? (await this.#unlistedModel(id));
      if (!model) entries.push(this.#entryOfId(id));
      else if (!options.isSafe || isSafeModel(model)) entries.push(...this.#entriesOf(model));
    }
    return entries;
  }

  /** Requests a model if more has to be known of it than its id. What cannot be requested is reported with its item. */
  async #unlistedModel(id: number): Promise<Model | undefined> {
    const { client, signal, options, selection } = this.#context;
    if (selection.versions === 'default' && !options.isSafe) return undefined;
    const model = await client.getModel(id, signal).catch(() => undefined);
    signal.throwIfAborted();
    return model;
  }

  #entryOfId(id: number): Entry {
    const source = { kind: 'model', modelId: id } as const;
    const request = { source, text: String(id), ...originOf(this.#request) };
    return { key: { date: 0, id }, items: [{ request }] };
  }
}

function collectionWarning(text: string): string {
  return (
    `${text} is listed by a route of the site that is not part of Civitai's API, and may change at any time. ` +
    'On civitai.com, it leaves out mature models.'
  );
}

/** Whether a selection may leave out models. */
function hasFilter({ types, baseModels: wanted, formats, precisions, noPickle, since }: Selection): boolean {
  return (
    [types, wanted, formats, precisions].some(({ length }) => length > 0) || noPickle || since !== undefined
  );
}

/**
 * Narrows a list to what is selected, where it has no such filter itself: other models would only be passed over. One
 * unknown type would make the API refuse all, and an unknown base model is in no list.
 */
function narrow(query: ModelsQuery, { types, baseModels: wanted }: Selection): ModelsQuery {
  const areKnown = (names: readonly string[], known: readonly string[]) =>
    names.length > 0 && names.every((name) => known.includes(name));
  return {
    ...query,
    ...(query.types === undefined && areKnown(types, modelTypes) && { types }),
    ...(query.baseModels === undefined && areKnown(wanted, baseModels) && { baseModels: wanted }),
  };
}
