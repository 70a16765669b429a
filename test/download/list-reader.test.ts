import { describe, expect, it } from 'vitest';
import type { CivitaiClient } from '../../src/civitai/client.js';
import type { ListOptions } from '../../src/civitai/list-pages.js';
import type { CollectionPage, PostedImagesPage } from '../../src/civitai/list-requests.js';
import type { ListSource } from '../../src/civitai/list-source.js';
import type { Model } from '../../src/civitai/model.js';
import { DEFAULT_SELECTION, type Selection } from '../../src/civitai/selection.js';
import { ListReader } from '../../src/download/list-reader.js';
import { NotFoundError } from '../../src/errors.js';
import { modelOf, versionOf } from '../civitai/samples.js';

const collection: ListSource = { kind: 'collection', collectionId: 1 };
const creator: ListSource = { kind: 'models', query: { username: 'inkmaker' } };

/** Returns a page by its number. */
type Pages<Page> = (index: number) => Page;

interface Given {
  readonly collectionPage?: Pages<CollectionPage>;
  readonly imagesPage?: Pages<PostedImagesPage>;
  /** On each page of a list. */
  readonly models?: readonly Model[];
  /** Found by their own route only. */
  readonly unlisted?: readonly Model[];
  readonly options?: ListOptions;
  readonly selection?: Partial<Selection>;
}

async function read(listSource: ListSource, given: Given) {
  const { models = [], unlisted = [], options = {}, selection = {} } = given;
  const asked: string[] = [];
  const next = <Page>(route: string, page: Pages<Page> | undefined) => {
    const index = asked.filter((one) => one === route).length;
    asked.push(route);
    if (!page || index === 1_000) throw new Error(`Too many requests for ${route}.`);
    return page(index);
  };
  const client = {
    getCollectionItems: async () => next('collection', given.collectionPage),
    getPostedImages: async () => next('images', given.imagesPage),
    listModels: async () => next('list', () => ({ items: models, nextCursor: undefined })),
    getModels: async (ids: readonly number[]) =>
      next('list', () => models.filter(({ id }) => ids.includes(id))),
    getModel: async (id: number) =>
      next('model', () => {
        const found = unlisted.find((model) => model.id === id);
        if (!found) throw new NotFoundError('not-found', `Model ${id} was not found.`);
        return found;
      }),
    getModelVersion: async (id: number) => next('version', () => versionOf(id, { modelId: 1 })),
  } as unknown as CivitaiClient;
  const reader = new ListReader(
    { listSource, text: 'the list' },
    {
      client,
      signal: new AbortController().signal,
      options,
      selection: { ...DEFAULT_SELECTION, ...selection },
      choice: 'primary',
      now: Date.parse('2026-01-01'),
      onWarning: () => {},
      onProgress: () => {},
    },
  );
  const list = await reader.read().catch((error: unknown) => error as Error);
  if (list instanceof Error) return { asked, error: list, texts: [], passedOver: [] };
  return {
    asked,
    error: undefined,
    texts: list.items.map(({ request }) => request.text),
    passedOver: list.passedOver.map(({ id }) => id),
    skipped: list.items.map(({ listed }) => listed?.skipped.map(({ code }) => code)),
  };
}

const card = (id: number, type = 'model') => ({ type, id, versionId: undefined });
const count = (asked: readonly string[], route: string) => asked.filter((one) => one === route).length;

describe('a list with a limit', () => {
  const pony = (id: number) => modelOf(id, { versions: [versionOf(10 * id, { baseModel: 'Pony' })] });
  const models = [modelOf(1), pony(2), modelOf(3), pony(4), modelOf(5)];
  const selection = { baseModels: ['SDXL 1.0'] };

  it('passes over nothing beyond the limit', async () => {
    const given = { models, selection, options: { limit: 2 } };
    expect(await read(creator, given)).toMatchObject({ texts: ['1@10', '3@30'], passedOver: [2] });
    const collectionPage = () => ({ items: [1, 2, 3, 4, 5].map((id) => card(id)), nextCursor: undefined });
    expect(await read(collection, { ...given, collectionPage })).toMatchObject({
      texts: ['1@10', '3@30'],
      passedOver: [2],
    });
  });
});

describe('the versions of a listed model', () => {
  const paid = { paidAccess: { endsAt: undefined } };
  const versions = [versionOf(12, paid), versionOf(11), versionOf(10, paid), versionOf(9)];
  const models = [modelOf(1, { versions })];

  it.each<readonly [versions: Selection['versions'], skipped: readonly (readonly string[])[]]>([
    ['default', [['early-access']]],
    ['all', [['early-access', 'early-access'], []]],
    [2, [['early-access', 'early-access'], []]],
  ])('that are skipped before the last one are reported with the first: %s', async (wanted, skipped) => {
    const result = await read(creator, { models, selection: { versions: wanted } });
    expect(result.skipped).toEqual(skipped);
  });
});

describe('a collection', () => {
  it('ends after many pages without a new model, whatever their cursors are', async () => {
    const collectionPage = (index: number) => ({ items: [card(1)], nextCursor: String(index) });
    const { asked, texts } = await read(collection, { collectionPage, models: [modelOf(1)] });
    expect(texts).toEqual(['1@10']);
    expect(count(asked, 'collection')).toBeLessThan(600);
  });

  it('goes on after empty pages with a cursor', async () => {
    const collectionPage = (index: number) => ({
      items: index % 150 === 0 ? [card(index + 1)] : [],
      nextCursor: index < 300 ? String(index) : undefined,
    });
    const models = [1, 151, 301].map((id) => modelOf(id));
    const { texts } = await read(collection, { collectionPage, models });
    expect(texts).toEqual(['1@10', '151@1510', '301@3010']);
  });

  it('of something else takes one request', async () => {
    const collectionPage = (index: number) => ({
      items: [card(10 * index + 1, 'image'), card(10 * index + 2, 'image')],
      nextCursor: String(index),
    });
    const { asked, error } = await read(collection, { collectionPage });
    expect(error).toMatchObject({ code: 'no-models' });
    expect(asked).toEqual(['collection']);
  });

  it('has the chosen versions of models that lists leave out as well', async () => {
    const collectionPage = () => ({ items: [card(1), card(2), card(3)], nextCursor: undefined });
    const two = (id: number) => modelOf(id, { versions: [versionOf(10 * id + 1), versionOf(10 * id)] });
    const given = { collectionPage, models: [two(1)], unlisted: [two(2)] };
    expect(await read(collection, given)).toMatchObject({
      texts: ['1@11', '2', '3'],
      asked: ['collection', 'list'],
    });
    expect((await read(collection, { ...given, selection: { versions: 'all' } })).texts).toEqual([
      ...['1@11', '1@10', '2@21', '2@20'],
      // Its own error is reported with the item.
      '3',
    ]);
  });

  it('of safe models has no others, also of those that lists leave out', async () => {
    const collectionPage = () => ({ items: [card(1), card(2), card(3)], nextCursor: undefined });
    const given = {
      collectionPage,
      models: [modelOf(1)],
      unlisted: [modelOf(2), modelOf(3, { nsfwLevel: 28 })],
    };
    expect((await read(collection, { ...given, options: { isSafe: true } })).texts).toEqual(['1@10', '2@20']);
  });
});

describe('images on Civitai', () => {
  const image = {
    id: 7,
    postId: 8,
    json: { modelVersionIds: [10] },
  } as unknown as PostedImagesPage['items'][0];

  it('are not looked for on pages of others, which never end where the server ignores the id', async () => {
    const imagesPage = (index: number) => ({ items: [], nextCursor: String(index) });
    const single = await read({ kind: 'image', imageId: 7 }, { imagesPage });
    expect(single.error).toMatchObject({ code: 'not-found' });
    expect(single.asked).toEqual(['images']);
    const post = await read({ kind: 'post', postId: 8 }, { imagesPage });
    expect(post.error).toMatchObject({ code: 'not-found' });
    expect(post.asked.length).toBeLessThan(10);
  });

  it('need one request for a single one, and go on for a post after an empty page', async () => {
    const imagesPage = (index: number) => ({
      items: index === 1 ? [] : [image],
      nextCursor: index < 2 ? String(index) : undefined,
    });
    expect((await read({ kind: 'image', imageId: 7 }, { imagesPage })).asked).toEqual(['images', 'version']);
    const post = await read({ kind: 'post', postId: 8 }, { imagesPage });
    expect([post.texts, post.asked]).toEqual([['1@10'], ['images', 'images', 'images', 'version']]);
  });
});
