import { stat } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { plainVersion } from '../fake-civitai/catalog/build.js';
import { type CatalogModel, catalog, ids, image, model, version } from '../fake-civitai/catalog.js';
import type { Route } from '../fake-civitai/civitai.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

/** Models that the models route does not list, for different reasons. */
const hidden = [
  model({ id: 1, name: 'Of a minor', minor: true, versions: [plainVersion(11)] }),
  model({ id: 2, name: 'Of a celebrity', tags: ['celebrity'], versions: [plainVersion(12)] }),
];
const mature = model({
  id: 3,
  name: 'Mature',
  versions: [
    version({ ...plainVersion(13), images: [image({ id: 3000013, nsfwLevel: 16 })], nsfwLevel: 16 }),
  ],
});
const models: readonly CatalogModel[] = [...catalog, ...hidden, mature];
const ten = ids.batch.models;

it.override('serverOptions', { models });

const download = (sources: readonly (number | string)[], root = 'models') =>
  runInProcess([...sources.map(String), root, '--pause-time', '0'], sandbox);
const count = (route: Route) => civitai.requestsTo(route).length;

describe('several models of one run', () => {
  it('are asked for with one request', async () => {
    expect(await download(ten)).toMatchObject({ status: 0 });
    expect([count('models'), count('model'), count('version'), count('download')]).toEqual([1, 0, 10, 10]);
    expect(civitai.requestsTo('models')[0]?.query.get('nsfw')).toBe('true');
  });

  it('cost no more when they are there already', async () => {
    await download(ten);
    civitai.reset();
    expect(await download(ten)).toMatchObject({ status: 0 });
    expect([count('models'), count('model'), count('version'), count('download')]).toEqual([1, 0, 10, 0]);
  });

  it('are asked for by their own routes where the list leaves them out', async () => {
    const sources = [1, 2, 3, ids.archived.model, ids.absent.model, ids.hiddenModel.model];
    const { status, stderr } = await download(sources);
    expect(status).toBe(7);
    expect(stderr).toMatch(/^3 {2}downloaded\n3 {2}failed$/m);
    expect(stderr).toContain(`Model ${ids.archived.model} is archived`);
    expect(count('models')).toBe(1);
    const own = civitai.requestsTo('model').map(({ path }) => Number(path.slice(path.lastIndexOf('/') + 1)));
    expect(own.sort()).toEqual(sources.filter((id) => id !== 3).sort());
  });

  it('end as they do one by one, byte for byte', async () => {
    const left = [ids.large.model, ids.huge.model];
    const sources = models.map(({ id }) => id).filter((id) => !left.includes(id as never));
    const together = await download(sources);
    const tree = await sandbox.tree();
    const contents = await Promise.all(tree.map((name) => sandbox.read(`models/${name}`)));

    civitai.fault({ on: 'models', kind: 'status', status: 404, times: Infinity });
    const apart = await download(sources, 'apart');
    expect(together.status).toBe(apart.status);
    expect(lasting(apart.stderr).length).toBeGreaterThan(5);
    expect(lasting(together.stderr)).toEqual(lasting(apart.stderr));
    expect(await sandbox.tree('apart')).toEqual(tree);
    for (const [index, name] of tree.entries())
      expect((await sandbox.read(`apart/${name}`)).equals(contents[index] ?? Buffer.alloc(0)), name).toBe(
        true,
      );
  });

  it.each<readonly [what: string, model: number, version: number, folder: string, requests: number]>([
    ['with one version', ten[0] ?? 0, 710001, 'Batch Model 1', 0],
    ['with several versions', ids.mainExample.model, ids.mainExample.version, 'Paper Lantern Ink', 1],
    ['with a new version', ids.freshVersion.model, ids.freshVersion.version, 'Fresh Version', 1],
    ['without images', ids.noImages.model, ids.noImages.version, 'No Images', 0],
    ['with twin images', ids.twinImages.model, ids.twinImages.version, 'Twin Images', 0],
  ])('have the metadata of their own route: one %s', async (_what, id, versionId, folder, requests) => {
    const env = { CIVITAI_API_KEY: civitai.goodKey };
    const args = [String(id), String(ten[1]), 'models', '--pause-time', '0'];
    expect(await runInProcess(args, sandbox, { env })).toMatchObject({ status: 0 });
    expect([count('models'), count('model')]).toEqual([1, requests]);
    const name = `models/${folder}/extra_data-vid_${versionId}/model_dict-mid_${id}-vid_${versionId}.json`;
    const written = await sandbox.read(name);
    const own = await fetch(`${civitai.url}/api/v1/models/${id}`);
    expect(String(written)).toBe(`${JSON.stringify(await own.json(), null, 2)}\n`);

    // A run with one of them changes nothing.
    const before = await stat(sandbox.path(name));
    expect(await runInProcess([String(id), 'models'], sandbox, { env })).toMatchObject({ status: 0 });
    expect(await stat(sandbox.path(name))).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
  });

  it('have the metadata of the list if their own route fails', async () => {
    const { model: id, version: versionId } = ids.mainExample;
    civitai.fault({ on: 'model', kind: 'status', status: 500, times: Infinity });
    const env = { CIVITAI_API_KEY: civitai.goodKey };
    const args = [String(id), String(ten[1]), 'models', '--pause-time', '0'];
    expect(await runInProcess(args, sandbox, { env })).toMatchObject({ status: 0 });
    const name = `models/Paper Lantern Ink/extra_data-vid_${versionId}/model_dict-mid_${id}-vid_${versionId}.json`;
    expect(JSON.parse(String(await sandbox.read(name)))).toMatchObject({ id, name: 'Paper Lantern Ink' });
  });

  it.each([
    ['is no list', { kind: 'json', value: { error: 'no' } }],
    ['has nonsense in it', { kind: 'json', value: { items: [{ id: ten[0] }, null] } }],
    ['is a page', { kind: 'html' }],
    ['can not be had', { kind: 'status', status: 500 }],
  ] as const)('are asked for one by one when what comes %s', async (_what, fault) => {
    civitai.fault({ on: 'models', ...fault, times: Infinity });
    expect(await download(ten.slice(0, 3))).toMatchObject({ status: 0 });
    expect(count('model')).toBe(3);
  });
});

it('one model is asked for by its own route', async () => {
  await download([ids.anything.model]);
  expect([count('models'), count('model')]).toEqual([0, 1]);
});

/** Returns the lines of the summary that do not depend on times and paths. */
function lasting(stderr: string): readonly string[] {
  return stderr
    .split('\n')
    .filter((line) => /^\d+( \(.*\))?: /.test(line))
    .sort();
}
