import { describe, expect, it } from 'vitest';
import {
  compareNewest,
  type ListOptions,
  listPages,
  newestKey,
  planList,
} from '../../src/civitai/list-pages.js';
import type { ListPage } from '../../src/civitai/list-requests.js';
import type { ModelsQuery } from '../../src/civitai/list-source.js';
import type { Model } from '../../src/civitai/model.js';
import { ServerError } from '../../src/errors.js';
import { modelOf, versionOf } from './samples.js';

/** The ids of a page, and the cursor of the next. */
type Page = readonly [ids: readonly number[], nextCursor?: string];

interface Given {
  readonly query?: ModelsQuery;
  readonly modelOf?: (id: number) => Model;
  readonly onModel?: (model: Model) => void;
}

/** Reads a list whose pages are these; the last one comes again and again. */
async function read(
  pages: readonly Page[],
  { query = {}, modelOf: create = modelOf, onModel = () => {} }: Given = {},
) {
  const requests: ListPage[] = [];
  const ignored: string[] = [];
  const found: number[] = [];
  const client = {
    listModels: async (_query: ModelsQuery, page: ListPage) => {
      const [ids, nextCursor] = pages[Math.min(requests.length, pages.length - 1)] ?? [[]];
      requests.push(page);
      return { items: ids.map(create), nextCursor };
    },
    getModels: async (ids: readonly number[]) => ids.map(create),
  };
  const context = {
    client,
    signal: new AbortController().signal,
    onIgnoredTag: (tag: string) => ignored.push(tag),
  };
  for await (const models of listPages({ query, firstPage: 100 }, context)) {
    found.push(...models.map(({ id }) => id));
    models.forEach(onModel);
  }
  return { found, ignored, cursors: requests.map(({ cursor }) => cursor) };
}

describe('the pages of a list', () => {
  it.each<readonly [what: string, pages: readonly Page[], found: readonly number[], requests: number]>([
    ['end without a cursor', [[[1, 2], 'a'], [[3]]], [1, 2, 3], 2],
    ['can be a single one', [[[1]]], [1], 1],
    ['can be empty', [[[]]], [], 1],
    ['go on after an empty page with a cursor', [[[1], 'a'], [[], 'b'], [[2]]], [1, 2], 3],
    ['go on after a short page with a cursor', [[[1], 'a'], [[2], 'b'], [[3]]], [1, 2, 3], 3],
    ['can have a model twice', [[[1, 2], 'a'], [[2, 3], 'b'], [[1, 4]]], [1, 2, 3, 4], 3],
    ['can have a model twice on one page', [[[1, 1, 2]]], [1, 2], 1],
    [
      'end where the cursor comes again',
      [
        [[1], 'a'],
        [[2], 'a'],
      ],
      [1, 2],
      2,
    ],
    [
      'end in a circle',
      [
        [[1], 'a'],
        [[2], 'b'],
        [[3], 'a'],
      ],
      [1, 2, 3],
      3,
    ],
    [
      'end where the same page comes again',
      [
        [[1], 'a'],
        [[1], 'a'],
      ],
      [1],
      2,
    ],
  ])('%s', async (_what, pages, found, requests) => {
    const result = await read(pages);
    expect(result.found).toEqual(found);
    expect(result.cursors).toEqual([undefined, ...pages.slice(0, requests - 1).map(([, cursor]) => cursor)]);
  });

  it('end after many pages without a new model, whatever their cursors are', async () => {
    const result = await read(Array.from({ length: 1_000 }, (_, index) => [[1], String(index)] as const));
    expect(result.found).toEqual([1]);
    expect(result.cursors.length).toBeLessThan(100);
  });

  it('have all models in the order Newest: the first of a further page is in its cursor', async () => {
    const pages: readonly Page[] = [[[9, 8], '2026-02-01 10:30:00.123|7'], [[6, 5], '2026-01-01|4'], [[3]]];
    expect((await read(pages, { query: { sort: 'Newest' } })).found).toEqual([9, 8, 7, 6, 5, 4, 3]);
    expect((await read(pages, { query: { sort: 'Newest', query: 'ink' } })).found).toEqual([9, 8, 6, 5, 3]);
    expect((await read(pages, { query: { sort: 'Oldest' } })).found).toEqual([9, 8, 6, 5, 3]);
    const safe = (id: number) => modelOf(id, { nsfwLevel: id % 2 });
    expect((await read(pages, { query: { sort: 'Newest', isSafe: true }, modelOf: safe })).found).toEqual([
      9, 8, 7, 6, 5, 3,
    ]);
    const others: readonly Page[] = [[[9, 8], 'what is this'], [[6]]];
    expect((await read(others, { query: { sort: 'Newest' } })).found).toEqual([9, 8, 6]);
  });
});

it('the model of a cursor has only the versions that a list of base models has', async () => {
  const bases: Readonly<Record<number, readonly string[]>> = { 7: ['SDXL 1.0', 'Pony'], 4: ['SDXL 1.0'] };
  const create = (id: number) =>
    modelOf(id, {
      versions: (bases[id] ?? ['Pony']).map((baseModel, index) => versionOf(10 * id + index, { baseModel })),
    });
  const versions: number[] = [];
  const pages: readonly Page[] = [[[9], '2026-02-01|7'], [[6], '2026-01-01|4'], [[3]]];
  const query = { sort: 'Newest', baseModels: ['Pony'] };
  const onModel = (model: Model) => versions.push(...model.versions.map(({ id }) => id));
  const { found } = await read(pages, { query, modelOf: create, onModel });
  expect(found).toEqual([9, 7, 6, 3]);
  expect(versions).toEqual([90, 71, 60, 30]);
});

describe('a page that is too large to be read', () => {
  const tooLarge = new ServerError('bad-answer', 'A response of more than 5 bytes.');
  const limitsOf = async (error: Error, maxLimit: number) => {
    const limits: number[] = [];
    const listModels = async (_query: ModelsQuery, { limit }: ListPage) => {
      limits.push(limit);
      if (limit > maxLimit) throw error;
      return { items: [modelOf(1)], nextCursor: undefined };
    };
    const client = { listModels, getModels: async () => [] };
    const context = { client, signal: new AbortController().signal, onIgnoredTag: () => {} };
    const pages = listPages({ query: {}, firstPage: 100 }, context);
    return { limits, read: (await pages.next().catch((thrown: unknown) => thrown)) as unknown };
  };

  it('is requested as a smaller one', async () => {
    const { limits, read: first } = await limitsOf(tooLarge, 10);
    expect(limits).toEqual([100, 10]);
    expect(first).toMatchObject({ value: [{ id: 1 }] });
  });

  it('fails if a small one is too large, too, as does another error', async () => {
    expect(await limitsOf(tooLarge, 5)).toEqual({ limits: [100, 10], read: tooLarge });
    const other = new ServerError('server', 'No.');
    expect(await limitsOf(other, 5)).toEqual({ limits: [100], read: other });
  });
});

describe('the tags of a list', () => {
  const tagsOf: Readonly<Record<number, readonly string[]>> = { 1: ['ink', 'Style'], 2: ['ink'], 3: [] };
  const create = (id: number) => modelOf(id, { tags: tagsOf[id] ?? ['other'] });
  const tagged = (tags: readonly string[], pages: readonly Page[]) =>
    read(pages, { query: { tags }, modelOf: create });

  it('all have to match, although Civitai compares the first only', async () => {
    const { found, ignored } = await tagged(['ink', 'style'], [[[1, 2]]]);
    expect([found, ignored]).toEqual([[1], []]);
  });

  it('may be written in capitals', async () => {
    expect(await tagged(['INK'], [[[1, 2]]])).toMatchObject({ found: [1, 2], ignored: [] });
  });

  it('that Civitai does not know are reported, and end a list of all models', async () => {
    const { found, ignored, cursors } = await tagged(
      ['sepia'],
      [
        [[1, 2, 3], 'a'],
        [[4, 5], 'b'],
      ],
    );
    expect([found, ignored, cursors.length]).toEqual([[], ['sepia'], 1]);
  });

  it('that some models lack are reported once, and these models left out', async () => {
    const { found, ignored } = await tagged(['INK'], [[[1, 3], 'a'], [[2, 4]]]);
    expect([found, ignored]).toEqual([[1, 2], ['INK']]);
  });

  it('that Civitai knows are its own filter: a list shows the tags of the day before', async () => {
    expect(await tagged(['ink'], [[[1, 3], 'a'], [[4], 'b'], [[2]]])).toMatchObject({
      found: [1, 3, 4, 2],
      ignored: [],
    });
    expect(await tagged(['ink', 'style'], [[[1, 3]]])).toMatchObject({ found: [1], ignored: [] });
  });

  it('of the models of further pages decide, not the first of them', async () => {
    const { found } = await tagged(['ink', 'style'], [[[2], 'a'], [[], 'b'], [[1]]]);
    expect(found).toEqual([1]);
  });
});

describe('the plan of a list', () => {
  const whole = { sort: 'Highest Rated', isSortedHere: true, firstPage: 100 };
  it.each<
    readonly [what: string, query: ModelsQuery, options: ListOptions, hasFilter: boolean, plan: object]
  >([
    ['in the default order', {}, {}, false, { sort: undefined, isSortedHere: false, firstPage: 100 }],
    ['in the order Newest', { sort: 'Newest' }, {}, false, whole],
    ['in the order Newest by an option', { sort: 'Oldest' }, { sort: 'Newest' }, false, whole],
    [
      'of the newest 20',
      { sort: 'Newest' },
      { limit: 20 },
      false,
      { sort: 'Newest', isSortedHere: false, firstPage: 20 },
    ],
    ['of the newest 200', { sort: 'Newest' }, { limit: 200 }, false, { sort: 'Newest', firstPage: 100 }],
    [
      'of the newest 20 that fit',
      { sort: 'Newest' },
      { limit: 20 },
      true,
      { sort: 'Newest', firstPage: 100 },
    ],
    ['of a search', { query: 'ink', sort: 'Newest' }, {}, false, { isSortedHere: false, firstPage: 100 }],
    ['of the newest 200 of a user', { sort: 'Newest', username: 'x' }, { limit: 200 }, false, whole],
    [
      'of the newest 20 of a user',
      { sort: 'Newest', username: 'x' },
      { limit: 20 },
      false,
      { sort: 'Newest', firstPage: 20 },
    ],
    ['in the order Oldest', { sort: 'Oldest' }, {}, false, { sort: 'Oldest', isSortedHere: false }],
    ['of a period', { period: 'Week' }, { period: 'Day' }, false, { period: 'Day' }],
  ])('%s', (_what, query, options, hasFilter, expected) => {
    const { firstPage, isSortedHere, ...asked } = { ...expected } as Record<string, unknown>;
    const plan = planList(query, options, hasFilter);
    expect(plan.query).toMatchObject(JSON.parse(JSON.stringify(asked)));
    if (firstPage !== undefined) expect(plan.firstPage).toBe(firstPage);
    if (isSortedHere !== undefined) expect(plan.isSortedHere).toBe(isSortedHere);
  });
});

it('models are sorted by their latest version, then by id', () => {
  const dated = (id: number, ...dates: (string | undefined)[]) =>
    modelOf(id, { versions: dates.map((publishedAt, index) => versionOf(id * 10 + index, { publishedAt })) });
  const all = [
    dated(1, '2026-01-01T00:00:00Z'),
    dated(2, '2025-01-01T00:00:00Z', '2026-03-01T00:00:00Z'),
    dated(3, undefined),
    dated(4, '2026-01-01T00:00:00Z'),
    dated(5),
    dated(6, 'nonsense', '2024-01-01'),
  ];
  const sorted = all.map(newestKey).sort(compareNewest);
  expect(sorted.map(({ id }) => id)).toEqual([2, 4, 1, 6, 5, 3]);
});
