import { describe, expect } from 'vitest';
import { plainVersion } from '../fake-civitai/catalog/build.js';
import { type CatalogModel, image, model } from '../fake-civitai/catalog.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

const FIRST_IMAGE = 5_000_001;

/** A model with images by its creator, and as many by other users in between. */
function illustrated(id: number, count: number, given: Partial<CatalogModel> = {}): CatalogModel {
  const images = Array.from({ length: count }, (_, index) => [
    image({ id: FIRST_IMAGE + index, nsfwLevel: index % 5 === 4 ? 8 : 1 }),
    image({ id: FIRST_IMAGE + 1_000_000 + index, byOwner: false }),
  ]).flat();
  const versions = [plainVersion(id + 100, { images, nsfwLevel: 9 })];
  return model({ id, name: `Model ${id}`, versions, ...given });
}

const [twelve, twenty, many, noCreator] = [10, 11, 12, 13];
const models = [
  illustrated(twelve, 12),
  illustrated(twenty, 20),
  illustrated(many, 450),
  illustrated(noCreator, 30, { creator: null }),
];
it.override('serverOptions', { models });

const download = (id: number, ...args: readonly string[]) =>
  runInProcess([String(id), 'models', '--pause-time', '0', ...args], sandbox);
const pages = () => civitai.requestsTo('images-list');
const uuidOf = (id: number) => `${id.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;

async function prompts(id: number): Promise<readonly string[]> {
  const folder = `models/Model ${id}/extra_data-vid_${id + 100}`;
  const names = (await sandbox.tree(folder)).filter((name) => name.endsWith('-prompt.json'));
  const texts = await Promise.all(names.map((name) => sandbox.read(`${folder}/${name}`)));
  return texts.map((text) => JSON.parse(String(text)).meta?.prompt);
}

describe('prompts', () => {
  it.each([
    ['of up to ten images need no list', ['-i', '10'], 10, 0],
    ['of more images come from the list, by the ids of its entries', ['-i', '12'], 12, 1],
    [
      'of safe images only are requested where one of them is beyond the tenth',
      ['-i', '9', '--nsfw-mode', '0'],
      9,
      1,
    ],
    ['of safe images only need no list, if they are the first', ['-i', '8', '--nsfw-mode', '0'], 8, 0],
    ['are not requested without --with-prompt', ['-i', '12', '--no-with-prompt'], 0, 0],
  ])('%s', async (_what, args, count, requests) => {
    expect(await download(twelve, ...args)).toMatchObject({ status: 0 });
    const texts = await prompts(twelve);
    expect(texts).toHaveLength(count);
    for (const text of texts) expect(text).toMatch(/^paper lantern at dusk, picture 50000/);
    expect(pages()).toHaveLength(requests);
  });

  it('come from the list if the version cannot be requested', async () => {
    civitai.fault({ on: 'version', kind: 'status', status: 500, times: Infinity });
    expect(await download(twelve, '-i', '3')).toMatchObject({ status: 0 });
    for (const text of await prompts(twelve)) expect(text).toMatch(/^paper lantern/);
    expect(pages()).toHaveLength(1);
  });
});

describe('more images than a model lists', () => {
  it.each<readonly [what: string, model: number, args: readonly string[], count: number, requests: number]>([
    ['are those of its creator', many, ['-i', '30'], 30, 1],
    ['are as many as there are', twenty, ['-i', '30'], 20, 1],
    ['are not requested for twenty', many, ['-i', '20', '--no-with-prompt'], 20, 0],
    ['are not requested if it lists all', twelve, ['-i', '30', '--no-with-prompt'], 12, 1],
    ['are safe if only those are allowed', many, ['-i', '100', '--nsfw-mode', '0'], 100, 1],
    ['come from several pages', many, ['-i', '200', '--nsfw-mode', '0'], 200, 2],
    ['are those that it lists, without a creator', noCreator, ['-i', '30', '--no-with-prompt'], 20, 0],
  ])('%s', async (_what, id, args, count, requests) => {
    const { status, stderr } = await download(id, ...args);
    expect(status).toBe(0);
    expect(stderr).not.toContain('warning');
    expect(stderr).toContain(`${count} images downloaded`);
    expect(pages()).toHaveLength(requests);
    if (id !== noCreator) for (const { query } of pages()) expect(query.get('username')).toBe('inkmaker');
  });

  it('are images of the creator only, even if the server sends those of others', async () => {
    const list = await fetch(
      `${civitai.url}/api/v1/images?modelVersionId=${many + 100}&withMeta=true&browsingLevel=31&limit=200`,
    );
    civitai.fault({ on: 'images-list', kind: 'json', value: await list.json() });
    expect(await download(many, '-i', '25')).toMatchObject({ status: 0 });
    const tree = await sandbox.tree();
    expect(tree.filter((name) => name.endsWith('.jpeg'))).toHaveLength(25);
    expect(tree).toContainEqual(expect.stringContaining(`/${uuidOf(FIRST_IMAGE + 24)}.jpeg`));
    expect(tree).not.toContainEqual(expect.stringContaining(uuidOf(FIRST_IMAGE + 1_000_000)));
  });

  it('are the first ones if a page fails', async () => {
    civitai.fault({ on: 'images-list', kind: 'status', status: 404, skip: 1 });
    const { status, stderr } = await download(many, '-i', '200', '--nsfw-mode', '0');
    expect(status).toBe(0);
    expect(stderr).toMatch(/warning: Images of model version 112 was not found\. Continuing with the images/);
    expect(stderr).toContain('160 images downloaded');
  });

  it('end where a cursor comes twice', async () => {
    civitai.fault({
      on: 'images-list',
      kind: 'json',
      value: { items: [], metadata: { nextCursor: 'again' } },
      times: Infinity,
    });
    expect(await download(many, '-i', '200')).toMatchObject({ status: 0 });
    expect(pages()).toHaveLength(2);
  });

  it('are the same in the next run', async () => {
    await download(many, '-i', '30');
    const before = await sandbox.tree();
    civitai.reset();
    const { stderr } = await download(many, '-i', '30');
    expect(stderr).toContain('30 images already downloaded');
    expect(await sandbox.tree()).toEqual(before);
    expect(civitai.requestsTo('image')).toHaveLength(0);
  });
});
