import { describe, expect } from 'vitest';
import { InterruptedError } from '../../src/errors.js';
import { plainVersion } from '../fake-civitai/catalog/build.js';
import { creatorModels } from '../fake-civitai/catalog/creator.js';
import { type CatalogModel, image, model, version } from '../fake-civitai/catalog.js';
import type { Route } from '../fake-civitai/civitai.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';
import { parseJsonLines } from '../harness/json-lines.js';

const COUNT = 1000;
const many = creatorModels({ count: COUNT, creator: 'prolific', firstId: 5_000_000 });
const numeric = creatorModels({
  count: 3,
  creator: '1234567',
  firstId: 6_000_000,
  given: (index) => ({
    tags: index === 0 ? ['sepia', 'style'] : ['style'],
    type: index === 1 ? 'Checkpoint' : 'LORA',
  }),
  ofVersion: (index) => ({ baseModel: index === 2 ? 'Pony' : 'SDXL 1.0', nsfwLevel: index === 2 ? 16 : 1 }),
});
/** Two versions, of which the later is not the default. */
const versions = model({
  id: 7,
  name: 'Several versions',
  creator: 'solo',
  versions: [plainVersion(71, { baseModel: 'Pony' }), plainVersion(72)],
});
const pictures = model({
  id: 8,
  name: 'Pictures',
  creator: 'painter',
  versions: [
    version({
      ...plainVersion(81),
      images: [
        image({ id: 900, nsfwLevel: 16, madeWith: [71, 72] }),
        image({ id: 901, madeWith: [81, 999_999] }),
        image({ id: 902, madeWith: [] }),
      ],
    }),
    version({ ...plainVersion(82), images: [image({ id: 903, madeWith: [] })] }),
  ],
});
/** Lists leave it out. */
const archived = model({ id: 9, name: 'Archived', mode: 'Archived', versions: [plainVersion(91)] });
const models: readonly CatalogModel[] = [...many, ...numeric, versions, pictures, archived];

it.override('serverOptions', {
  models,
  users: ['lurker'],
  collections: {
    1: [
      { type: 'model', id: 7 },
      { type: 'post', id: 5 },
      { type: 'model', id: 9 },
      { type: 'model', id: 6_000_001 },
      { type: 'model', id: 7 },
    ],
    2: [{ type: 'image', id: 900 }],
    3: [...numeric, ...many.slice(0, 150)].map(({ id }) => ({ type: 'model' as const, id })),
    4: [],
  },
});

interface Given {
  readonly withKey?: boolean;
  readonly input?: string;
}

const download = (
  sources: readonly string[],
  options: readonly string[] = [],
  { withKey, input }: Given = {},
) =>
  runInProcess([...sources, './models', '--pause-time', '0', '-i', '0', ...options], sandbox, {
    ...(withKey && { env: { CIVITAI_API_KEY: civitai.goodKey } }),
    ...(input !== undefined && { input }),
  });
const count = (route: Route) => civitai.requestsTo(route).length;
const idsOf = (tree: readonly string[]) =>
  tree.flatMap((name) => /-mid_(?<id>\d+)-vid_\d+\.safetensors$/.exec(name)?.groups?.id ?? []).map(Number);
/** Returns the ids of the models whose file is on disk. */
const downloaded = async () => idsOf(await sandbox.tree().catch(() => [])).sort((a, b) => a - b);

/** Returns the sources of the items of a run without downloading them, in their order. */
async function planned(sources: readonly string[], options: readonly string[] = [], given: Given = {}) {
  const ended = await download(sources, ['-n', '--json', ...options], given);
  const lines = parseJsonLines(ended.stdout);
  const texts = lines.flatMap((line) => (line.type === 'started' ? [line.source] : []));
  return { ...ended, lines, texts };
}

const numericTexts = numeric.map(({ id, versions: [first] }) => `${id}@${first?.id}`);
const [first = '', second = '', third = ''] = numericTexts;

describe('a creator', () => {
  it('of a thousand models comes in the order of dates, with ten list requests and two for each model', async () => {
    const { texts } = await planned(['user:prolific']);
    expect(texts).toEqual(many.map(({ id, versions: [only] }) => `${id}@${only?.id}`).reverse());
    expect([count('models'), count('model'), count('version')]).toEqual([10, COUNT, COUNT]);
    expect(civitai.requestsTo('models').every(({ query }) => query.get('nsfw') === 'true')).toBe(true);
  });

  it.each([
    'user:1234567',
    'https://civitai.com/user/1234567',
    'civitai.red/user/1234567/models?sort=Newest',
  ])('is downloaded whole, mature models included: %s', async (source) => {
    const { status, stderr } = await download([source]);
    expect(status).toBe(0);
    expect(stderr).toContain(`${source}: 3 models\n`);
    expect(await downloaded()).toEqual(numeric.map(({ id }) => id));
    expect(count('models')).toBe(1);
  });

  it('can be limited to the newest models, with one request', async () => {
    const { texts, lines } = await planned(['user:1234567'], ['--limit', '2']);
    expect(texts).toEqual([third, second]);
    expect(lines).toContainEqual({ v: 1, type: 'listed', source: 'user:1234567', models: 2, passedOver: [] });
    expect(civitai.requestsTo('models').map(({ query }) => query.get('limit'))).toEqual(['2']);
  });

  it.each([
    ['user:1234567', false],
    ['https://civitai.com/models?username=1234567&sort=Newest', false],
    ['https://civitai.com/collections/3', true],
  ])('has only models of the level PG with --nsfw safe: %s', async (source, withKey) => {
    const { texts } = await planned([source], ['--nsfw', 'safe'], { withKey });
    expect(texts).toEqual(expect.arrayContaining([first, second]));
    expect(texts).not.toContain(third);
  });

  it('has no gap at the border of a page of the newest models of all creators', async () => {
    const source = 'https://civitai.com/models?types=LORA&baseModels=SDXL+1.0&sort=Newest';
    const { texts } = await planned([source], ['--limit', '101']);
    const newest = many.map(({ id, versions: [only] }) => `${id}@${only?.id}`).reverse();
    expect(texts).toEqual([first, ...newest.slice(0, 100)]);
    expect(civitai.requestsTo('models').map(({ query }) => query.has('ids'))).toEqual([false, true, false]);
  });

  it('can be sorted by something else', async () => {
    const { texts } = await planned(['user:1234567'], ['--sort', 'Highest Rated']);
    expect(texts).toEqual([third, second, first]);
    expect(civitai.requestsTo('models')[0]?.query.get('sort')).toBe('Highest Rated');
  });

  it.each<
    readonly [options: readonly string[], asked: Readonly<Record<string, string>>, texts: readonly string[]]
  >([
    [['--limit', '2'], { limit: '2', sort: 'Newest' }, [third, second]],
    [['--sort', 'oldest'], { sort: 'Oldest' }, [first, second, third]],
    [['--period', 'day'], { period: 'Day' }, [third, second, first]],
    [['--since', '2999-01-01'], { limit: '100' }, []],
    [['--type', 'Checkpoint'], { types: 'Checkpoint' }, [second]],
  ])('follows %j, typed or stored', async (options, asked, texts) => {
    const source = ['user:1234567'];
    expect((await planned(source, options)).texts).toEqual(texts);
    await runInProcess(['default', ...options], sandbox, { command: 'civitconfig' });
    expect((await planned(source)).texts).toEqual(texts);
    const queries = civitai.requestsTo('models').map(({ query }) => Object.fromEntries(query));
    expect(queries).toEqual([expect.objectContaining(asked), expect.objectContaining(asked)]);
  });

  it('writes the metadata that a source of its own has', async () => {
    const metadata = async () => {
      const names = (await sandbox.tree()).filter((name) => name.endsWith('.json'));
      return Promise.all(names.map(async (name) => [name, String(await sandbox.read(`models/${name}`))]));
    };
    expect(await download(['user:solo'], ['--versions', 'all'])).toMatchObject({ status: 0 });
    const listed = await metadata();
    await sandbox.clear();
    expect(await download(['7@71', '7@72'])).toMatchObject({ status: 0 });
    expect(await metadata()).toEqual(listed);
    expect(listed).toHaveLength(2);
  });

  it('can be narrowed: what has nothing that fits is passed over with a word', async () => {
    const { status, stderr, stdout } = await download(['user:1234567'], ['-n', '--base-model', 'Ponny']);
    expect(status).toBe(0);
    expect(stderr).toContain('user:1234567: 0 models, 3 passed over: --base-model\n');
    expect(stderr.match(/Did you mean Pony\?/g)).toHaveLength(1);
    expect(stderr.match(/passed over: 1234567 \d/g)).toHaveLength(3);
    expect(stdout).toBe('');
    const { texts } = await planned(['user:1234567'], ['--base-model', 'pony']);
    expect(texts).toEqual([third]);
    expect((await planned(['user:1234567'], ['--type', 'checkpoint'])).texts).toEqual([second]);
    expect(civitai.requests.at(-1)?.route).not.toBe('other');
  });

  it('is not downloaded if the run is interrupted before', async () => {
    const controller = new AbortController();
    const onApply = () => controller.abort(new InterruptedError());
    civitai.fault({ on: 'models', kind: 'delay', ms: Infinity, onApply });
    const ended = await runInProcess(['user:1234567', './models'], sandbox, {
      interrupted: controller.signal,
    });
    expect(ended.status).toBe(130);
    expect(await downloaded()).toEqual([]);
  });

  it('is narrowed by Civitai where it knows the names', async () => {
    const { texts } = await planned(['user:prolific'], ['--base-model', 'pony', '--type', 'lora']);
    expect([texts, count('models')]).toEqual([[], 1]);
    const query = civitai.requestsTo('models')[0]?.query;
    expect([query?.get('baseModels'), query?.get('types')]).toEqual(['Pony', 'LORA']);
  });

  it('without models is an empty list', async () => {
    const { status, stderr } = await download(['user:lurker']);
    expect(status).toBe(0);
    expect(stderr).toContain('user:lurker: 0 models\n');
  });

  it('that is unknown fails alone', async () => {
    const { status, stderr } = await download(['user:nobody', 'user:1234567']);
    expect(status).toBe(7);
    expect(stderr).toContain('user:nobody failed: User nobody was not found (User not found).');
    expect(await downloaded()).toHaveLength(3);
    civitai.reset();
    expect(await download(['user:nobody'])).toMatchObject({ status: 4 });
  });

  it('may lose a model between its page and its download', async () => {
    const [, gone] = numeric;
    const isGone = ({ path }: { readonly path: string }) =>
      path.endsWith(`/${gone?.id}`) || path.endsWith(`/${gone?.versions[0]?.id}`);
    for (const on of ['model', 'version'] as const)
      civitai.fault({
        on,
        where: isGone,
        kind: 'status',
        status: 404,
        body: '{"error":"x"}',
        times: Infinity,
      });
    const { status, stderr } = await download(['user:1234567'], ['--failed', 'failed.txt']);
    expect(status).toBe(7);
    expect(stderr).toContain(`Model version ${gone?.versions[0]?.id} was not found`);
    expect(await downloaded()).toEqual([numeric[0]?.id, numeric[2]?.id]);
    expect(String(await sandbox.read('failed.txt'))).toContain(second);
  });

  it('is listed by ids where something fails, so that a changed list loses nothing', async () => {
    civitai.fault({ on: 'storage', kind: 'status', status: 500, times: Infinity });
    const { stderr } = await download(['user:1234567'], ['--failed', 'failed.txt', '--retry-count', '0']);
    const lines = String(await sandbox.read('failed.txt')).split('\n');
    expect(lines.filter((line) => line && !line.startsWith('#'))).toEqual([third, second, first]);
    expect(stderr).toContain('civitdl failed.txt ./models');
  });

  it('of which the list fails is retried, and then listed by its name', async () => {
    civitai.fault({ on: 'models', kind: 'status', status: 503, times: Infinity });
    const { status } = await download(['user:1234567'], ['--failed', 'failed.txt', '--retry-count', '1']);
    expect([status, count('models')]).toEqual([5, 2]);
    expect(String(await sandbox.read('failed.txt'))).toMatch(/^user:1234567$/m);
  });
});

describe('other lists', () => {
  it.each<readonly [source: string, texts: readonly string[]]>([
    ['https://civitai.com/models?username=1234567&types=Checkpoint', [second]],
    ['https://civitai.com/models?tag=sepia', [first]],
    ['https://civitai.com/tag/sepia', [first]],
    ['https://civitai.com/search/models?users=1234567&tags=style&tags=sepia', [first]],
    ['https://civitai.com/models?username=1234567&baseModels=Pony', [third]],
    ['search:several versions', ['7@71']],
    ['search:no such thing', []],
    ['https://civitai.com/models?query=several&baseModels=SDXL+1.0', ['7@72']],
    ['search:Archived', []],
    ['https://civitai.com/models?query=archived&archived=true', []],
  ])('of %s', async (source, texts) => {
    const result = await planned([source]);
    expect(result.stderr.includes('to download')).toBe(texts.length > 0);
    expect(result.texts).toEqual(texts);
    expect(result.status).toBe(0);
  });

  it('with an unknown tag have no other models instead, and say so', async () => {
    const { status, stderr } = await download(['https://civitai.com/tag/sepiaa']);
    expect(status).toBe(0);
    expect(stderr).toContain("Civitai has ignored the tag 'sepiaa': it does not know it.");
    expect(stderr).toContain('sepiaa: 0 models');
    expect(count('models')).toBe(1);
  });

  it('that ask for what the API cannot filter by say so', async () => {
    const { stderr } = await download(
      ['https://civitai.com/models?username=1234567&excludedTagIds=5'],
      ['-n'],
    );
    expect(stderr).toContain("Civitai's API cannot filter by excludedTagIds");
  });

  it('of all models need a limit', async () => {
    const { status, stderr } = await download(['https://civitai.com/models?sort=Oldest']);
    expect(status).toBe(2);
    expect(stderr).toContain('lists all models of Civitai. Pass --limit.');
    const { texts } = await planned(['https://civitai.com/models?sort=Oldest'], ['--limit', '2']);
    expect(texts).toEqual(['7@71', '8@81']);
  });

  it('with a type that Civitai does not know are refused by it', async () => {
    const { status, stderr } = await download(['https://civitai.com/models?types=Hologram&username=1234567']);
    expect(status).toBe(2);
    expect(stderr).toContain('Civitai refuses the list (types: Invalid input).');
  });

  it('name a model together once', async () => {
    const sources = ['user:1234567', 'https://civitai.com/tag/sepia', first, 'user:1234567'];
    expect((await planned(sources)).texts).toEqual([third, second, first]);
  });

  it('can be in a batch file, and from standard input', async () => {
    await sandbox.write('list.txt', '# mine\nuser:1234567\nuser:nobody, 7\n');
    const { lines, status } = await planned(['list.txt']);
    expect(status).toBe(4);
    const started = lines.filter((line) => line.type === 'started');
    expect(started.map(({ source, origin }) => [source, origin?.line])).toEqual([
      [third, 2],
      [second, 2],
      [first, 2],
      ['7', 3],
    ]);
    expect(lines).toContainEqual(
      expect.objectContaining({
        type: 'failed',
        source: 'user:nobody',
        origin: { file: 'list.txt', line: 3 },
      }),
    );
    expect((await planned(['-'], [], { input: 'user:1234567' })).texts).toHaveLength(3);
  });
});

describe('the versions of models', () => {
  it.each<readonly [source: string, choice: string, texts: readonly string[]]>([
    ['7', 'default', ['7']],
    ['7', 'latest', ['7@72']],
    ['7', 'all', ['7@71', '7@72']],
    ['7', '1', ['7@72']],
    ['user:solo', 'default', ['7@71']],
    ['user:solo', 'latest', ['7@72']],
    ['user:solo', 'all', ['7@71', '7@72']],
    ['7@71', 'all', ['7@71']],
  ])('of %s can be %s', async (source, choice, texts) => {
    expect((await planned([source], ['--versions', choice])).texts).toEqual(texts);
  });

  it('of a list share one request for their model', async () => {
    expect(await download(['user:solo'], ['--versions', 'all'])).toMatchObject({ status: 0 });
    expect([count('models'), count('model'), count('version')]).toEqual([1, 1, 2]);
  });
});

describe('favorites', () => {
  it('are the bookmarks of the account', async () => {
    civitai.account.favorites.push(7, 6_000_001);
    const { texts } = await planned(['favorites'], [], { withKey: true });
    expect(texts).toEqual(['7@71', second]);
  });

  it('need a key, and others go on', async () => {
    const { status, stderr } = await download(['favorites']);
    expect(status).toBe(3);
    expect(stderr).toContain('The favorites can only be listed with an API key.');
    expect(stderr).toContain('civitconfig login');
    expect(await download(['favorites', '7'])).toMatchObject({ status: 7 });
  });

  it('tell a wrong key', async () => {
    const { status, stderr } = await runInProcess(['favorites', './models'], sandbox, {
      env: { CIVITAI_API_KEY: 'wrong' },
    });
    expect(status).toBe(3);
    expect(stderr).toContain('The favorites need a valid API key.');
    expect(stderr).not.toContain("'wrong'");
  });

  it('are a batch file where there is one', async () => {
    await sandbox.write('favorites', '7');
    expect((await planned(['favorites'])).texts).toEqual(['7']);
  });
});

describe('a collection', () => {
  const source = (id: number) => `https://civitai.com/collections/${id}`;

  it('has its models, also those that lists leave out, in its order', async () => {
    const { texts, stderr } = await planned([source(1)], [], { withKey: true });
    expect(texts).toEqual(['7@71', '9', second]);
    expect(stderr).toContain("by a route of the site that is not part of Civitai's API");
    expect([count('collection'), count('models')]).toEqual([1, 1]);
  });

  it('of several pages takes one list for each', async () => {
    const { texts } = await planned([source(3)], [], { withKey: true });
    expect(texts).toHaveLength(153);
    expect([count('collection'), count('models')]).toEqual([2, 2]);
    civitai.reset();
    expect((await planned([source(3)], ['--limit', '5'], { withKey: true })).texts).toHaveLength(5);
    expect(count('collection')).toBe(1);
  });

  it.each<readonly [what: string, id: number, status: number, message: string]>([
    ['without models', 2, 4, 'Collection 2 has images, posts or articles, and no models.'],
    ['that is unknown', 99, 4, 'Collection 99 was not found'],
  ])('%s fails', async (_what, id, status, message) => {
    const ended = await download([source(id)], [], { withKey: true });
    expect(ended.status).toBe(status);
    expect(ended.stderr).toContain(message);
  });

  it('can be empty', async () => {
    expect(await download([source(4)], [], { withKey: true })).toMatchObject({ status: 0 });
  });

  it('needs a key', async () => {
    const { status, stderr } = await download([source(1)]);
    expect(status).toBe(3);
    expect(stderr).toContain('Collection 1 can only be listed with an API key.');
  });

  it.each([
    [source(1), 'collection'],
    ['favorites', 'models'],
  ] as const)('is refused by a web page, which says nothing of the key: %s', async (list, on) => {
    civitai.fault({ on, kind: 'status', status: 403, body: '<html>Just a moment</html>', times: Infinity });
    const { status, stderr } = await download([list], ['--retry-count', '0'], { withKey: true });
    expect(status).toBe(5);
    expect(stderr).toContain('the guard of ');
    expect(stderr).not.toContain('refuses the API key');
  });

  it.each([
    ['a text instead of an object', { result: { data: '[{"json":1},{"collectionItems":2}]' } }],
    ['another object', { result: { data: { collectionItems: [] } } }],
  ])('says that the route has changed where it sends %s', async (_what, value) => {
    civitai.fault({ on: 'collection', kind: 'json', value, times: Infinity });
    const { status, stderr } = await download([source(1), '7'], [], { withKey: true });
    expect(status).toBe(7);
    expect(stderr).toContain('is not part of the API, has changed');
    expect(count('collection')).toBe(1);
  });
});

describe('an image or a post', () => {
  it.each<readonly [what: string, source: string, texts: readonly string[]]>([
    ['a mature image', 'https://civitai.com/images/900', ['7@71', '7@72']],
    [
      'an image with a version that is gone',
      'https://civitai.com/images/901?postId=81',
      ['8@81', 'https://civitai.com/model-versions/999999'],
    ],
    [
      'a post',
      'https://civitai.com/posts/81/some-slug',
      ['7@71', '7@72', '8@81', 'https://civitai.com/model-versions/999999'],
    ],
  ])('names what it was made with: %s', async (_what, source, texts) => {
    expect((await planned([source])).texts).toEqual(texts);
  });

  it('downloads what there is, and lists the rest', async () => {
    const { status, stderr } = await download(['https://civitai.com/images/901']);
    expect(status).toBe(7);
    expect(stderr).toContain('Model version 999999 was not found');
    expect(await downloaded()).toEqual([8]);
    expect(civitai.requestsTo('version').filter(({ path }) => path.endsWith('/81'))).toHaveLength(1);
  });

  it.each([
    ['https://civitai.com/images/902', 'Image 902 does not say which models it was made with.'],
    ['https://civitai.com/images/9999', 'Image 9999 was not found, or is not public.'],
    ['https://civitai.com/posts/82', 'Post 82 does not say which models it was made with.'],
  ])('fails without a model: %s', async (source, message) => {
    const { status, stderr } = await download([source]);
    expect(status).toBe(4);
    expect(stderr).toContain(message);
  });

  it('is not another one where the server ignores the id', async () => {
    const items = [{ id: 5, postId: 6, modelVersionIds: [71], meta: null }];
    civitai.fault({ on: 'images-list', kind: 'json', value: { items, metadata: {} }, times: Infinity });
    expect(await download(['https://civitai.com/images/900'])).toMatchObject({ status: 4 });
    expect(await download(['https://civitai.com/posts/81'])).toMatchObject({ status: 4 });
  });
});
