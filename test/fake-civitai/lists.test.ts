import { describe, expect } from 'vitest';
import { civitai, it } from '../harness/fixture.js';
import { plainVersion } from './catalog/build.js';
import { creatorModels } from './catalog/creator.js';
import { image, model } from './catalog.js';

// biome-ignore lint/suspicious/noExplicitAny: the tests look anywhere into the answer
type Answer = { status: number; body: any };

const tens = creatorModels({
  count: 10,
  creator: 'Ink_Maker2',
  firstId: 100,
  given: (index) => ({
    ...(index === 3 && { tags: ['sepia'], type: 'Checkpoint' }),
    ...(index >= 8 && { isDropped: true }),
    downloads: 10 - index,
  }),
  ofVersion: (index) => ({ nsfwLevel: index === 5 ? 16 : 1 }),
});
const mixed = model({
  id: 50,
  name: 'Mixed',
  creator: 'other',
  likes: 1_000,
  versions: [
    plainVersion(51, { baseModel: 'Pony', images: [image({ id: 7 }), image({ id: 8, nsfwLevel: 4 })] }),
    plainVersion(52),
  ],
});

it.override('serverOptions', {
  models: [...tens, mixed],
  users: ['lurker'],
  collections: {
    1: [
      { type: 'model', id: 50 },
      { type: 'model', id: 105 },
      { type: 'post', id: 9 },
    ],
  },
});

async function get(path: string, withKey = false): Promise<Answer> {
  const headers = withKey ? { authorization: `Bearer ${civitai.goodKey}` } : {};
  const response = await fetch(`${civitai.url}/api/${path}`, { headers });
  return { status: response.status, body: await response.json() };
}

const idsOf = ({ body }: Answer): readonly number[] => body.items.map(({ id }: { id: number }) => id);
const list = async (query: string, withKey = false) => idsOf(await get(`v1/models?${query}`, withKey));

/** Reads all pages of a list with the cursors that the server sends. */
async function pages(query: string): Promise<readonly (readonly number[])[]> {
  const found: (readonly number[])[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined && found.length < 50; ) {
    const answer: Answer = await get(
      `v1/models?${query}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    found.push(idsOf(answer));
    cursor = answer.body.metadata.nextCursor;
  }
  return found;
}

describe('the list of models', () => {
  it('is sorted by likes by default, and by other things', async () => {
    expect(await list('nsfw=true&limit=4')).toEqual([50, 107]);
    expect(await list('sort=Most+Downloaded&nsfw=true&limit=3')).toEqual([50, 100, 101]);
    expect(await list('sort=Newest&nsfw=true&limit=4')).toEqual([107, 106]);
    expect(await list('sort=Oldest&nsfw=true&limit=3')).toEqual([50, 100, 101]);
  });

  it('has only models with the PG bit by default, and only their images with it', async () => {
    expect(await list('username=ink_maker2')).not.toContain(105);
    expect(await list('username=ink_maker2&nsfw=true')).toContain(105);
    const images = async (query: string) =>
      (await get(`v1/models?ids=50${query}`)).body.items[0].modelVersions[0].images;
    expect(await images('')).toHaveLength(1);
    expect(await images('&nsfw=true')).toHaveLength(2);
  });

  it('is whole in the default order, loses a model at each border in the order Newest, and has short pages', async () => {
    const query = 'username=ink_maker2&nsfw=true&limit=3';
    expect(await pages(query)).toEqual([[107], [106, 105, 104], [103, 102, 101], [100]]);
    expect(await pages(`${query}&sort=Newest`)).toEqual([[107], [105, 104, 103], [101, 100]]);
    expect(await pages('username=ink_maker2&limit=2&nsfw=true')).toContainEqual([]);
  });

  it('cleans the name of a user', async () => {
    expect(await list('username=Ink%20Maker2&limit=3')).toEqual([107]);
    expect(await list('username=ink_maker.2&limit=3')).toEqual([107]);
    expect(await list('username=lurker')).toEqual([]);
    expect(await get('v1/models?username=Ink.Maker2')).toEqual({
      status: 404,
      body: { message: 'User not found' },
    });
  });

  it('ignores an unknown tag, and takes only one', async () => {
    expect(await list('tag=sepia')).toEqual([103]);
    expect(await list('tag=sepiaa&limit=2')).toEqual([50]);
    expect((await get('v1/models?tag=sepia&tag=ink')).status).toBe(400);
  });

  it('has only the versions of the base models', async () => {
    const { body } = await get('v1/models?baseModels=Pony');
    expect(body.items).toMatchObject([{ id: 50, baseModels: ['Pony'], modelVersions: [{ id: 51 }] }]);
    expect(await list('baseModels=pony')).toEqual([]);
  });

  it('has page 1 again and again for a page, and no end for a limit of 0', async () => {
    expect(await list('page=2&limit=2')).toEqual(await list('limit=2'));
    expect((await get('v1/models?page=11&limit=100')).status).toBe(429);
    const { body } = await get('v1/models?limit=0');
    expect(body).toMatchObject({ items: [], metadata: { nextCursor: '1000|1200|50' } });
  });

  it('has the whole query in the URL of the next page', async () => {
    const { body } = await get('v1/models?limit=1&token=secret');
    expect(body.metadata.nextPage).toContain('token=secret');
  });

  it.each([
    ['types=Hologram'],
    ['types=LORA,LoCon'],
    ['sort=newest'],
    ['period=Decade'],
    ['limit=101'],
    ['fileFormats=GGUF'],
    ['checkpointType=Standard'],
    ['collectionId=5'],
    ['allowDerivatives=true'],
    ['query=ink&page=1'],
    ['sort=Newest&cursor=1|2|3'],
    ['sort=Newest&cursor=|3'],
  ])('refuses %s with an object', async (query) => {
    const { status, body } = await get(`v1/models?${query}`);
    expect(status).toBe(400);
    expect(body.error.message).toEqual(expect.any(String));
  });

  it('needs an account for favorites, whatever their value', async () => {
    civitai.account.favorites.push(50);
    for (const value of ['true', 'false'])
      expect(await get(`v1/models?favorites=${value}`)).toEqual({
        status: 401,
        body: { error: 'Unauthorized' },
      });
    expect(await list('favorites=true', true)).toEqual([50]);
    expect(await list('favorites=false&limit=2', true)).toEqual([50]);
  });

  it('searches in the order of relevance, and filters after the page was cut', async () => {
    expect(await list('query=ink_maker2+1&sort=Oldest')).toEqual([101]);
    const first = await get('v1/models?query=ink_maker2&tag=sepia&limit=2');
    expect(first.body).toMatchObject({ items: [], metadata: { nextCursor: '2' } });
    expect(await list('query=ink_maker2&tag=sepia&limit=2&cursor=2')).toEqual([103]);
    expect((await get('v1/models?query=nothing')).body).toEqual({ items: [], metadata: {} });
  });
});

describe('a collection', () => {
  const collection = (input: unknown, withKey = true) =>
    get(
      `trpc/collection.getAllCollectionItems?input=${encodeURIComponent(JSON.stringify({ json: input }))}`,
      withKey,
    );

  it('has cards of the site, and drops what the caller may not see after the page was cut', async () => {
    const { body } = await collection({ collectionId: 1, browsingLevel: 1, limit: 2 });
    expect(body.result.data.json).toMatchObject({
      nextCursor: '2',
      collectionItems: [{ type: 'model', data: { id: 50, version: { id: 51 } } }],
    });
    expect(body.result.data.json.collectionItems).toHaveLength(1);
    const last = await collection({ collectionId: 1, browsingLevel: 31, cursor: '1' });
    expect(last.body.result.data.json.collectionItems).toMatchObject([
      { data: { id: 105 } },
      { type: 'post' },
    ]);
    expect(last.body.result.data.json).not.toHaveProperty('nextCursor');
  });

  it.each([
    [{ collectionId: 1 }, false, 401, 'UNAUTHORIZED'],
    [{ collectionId: 2 }, true, 404, 'NOT_FOUND'],
    [{ collectionId: 1, cursor: 5 }, true, 400, 'BAD_REQUEST'],
    [{ collectionId: 1, limit: 101 }, true, 400, 'BAD_REQUEST'],
    [{}, true, 400, 'BAD_REQUEST'],
  ])('refuses %j', async (input, withKey, status, code) => {
    const answer = await collection(input, withKey);
    expect(answer).toMatchObject({
      status,
      body: { error: { json: { data: { code, httpStatus: status } } } },
    });
  });
});

describe('images', () => {
  it('can be found by their id and their post, mature ones only if asked for', async () => {
    expect(idsOf(await get('v1/images?postId=51'))).toEqual([7]);
    expect(idsOf(await get('v1/images?postId=51&browsingLevel=31'))).toEqual([7, 8]);
    expect(idsOf(await get('v1/images?imageId=8'))).toEqual([]);
    const { body } = await get('v1/images?imageId=8&browsingLevel=31&withMeta=true');
    expect(body.items).toMatchObject([
      { id: 8, postId: 51, modelVersionIds: [51], meta: { id: 8, meta: {} } },
    ]);
  });
});
