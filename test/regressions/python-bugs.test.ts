import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

/** What the Python civitdl does wrong and no other test would notice. */

const { model, version } = ids.anything;

const download = (sources: readonly (number | string)[], args: readonly string[], env = {}) =>
  runInProcess([...sources.map(String), 'models', '--pause-time', '0', ...args], sandbox, { env });
const keysSent = () => civitai.requests.map(({ headers }) => headers.authorization);

it('A version that does not name its model is downloaded', async () => {
  const answer = await fetch(`${civitai.url}/api/v1/model-versions/${version}`);
  const { modelId, model: _model, ...value } = (await answer.json()) as Record<string, unknown>;
  expect(modelId).toBe(model);
  civitai.reset();
  civitai.fault({ on: 'version', kind: 'json', value, times: Infinity });
  expect(await download([model], ['-i', '1'])).toMatchObject({ status: 0 });
  expect(await sandbox.tree()).toContainEqual(expect.stringMatching(/-mid_66-vid_75\.ckpt$/));
});

it('The key goes with requests for metadata', async () => {
  const args = ['--without-model', '-i', '0'];
  expect(await download([model], args, { CIVITAI_API_KEY: civitai.goodKey })).toMatchObject({ status: 0 });
  expect(keysSent()).toEqual(keysSent().map(() => `Bearer ${civitai.goodKey}`));
  expect(civitai.requestsTo('model')).toHaveLength(1);
});

it.each([{}, { CIVITAI_API_KEY: '' }])('Without a key, none is sent: %j', async (env) => {
  expect(await download([model], [], env)).toMatchObject({ status: 0 });
  expect(keysSent().length).toBeGreaterThan(3);
  expect(keysSent().filter((key) => key !== undefined)).toEqual([]);
});

it('Without the model file, all other names are the same', async () => {
  const sources = [ids.trainingData, ids.names.percentSlash, ids.sameName].map((one) => one.model);
  expect(await download(sources, [])).toMatchObject({ status: 0 });
  const tree = await sandbox.tree();
  await sandbox.clear();
  civitai.reset();
  const { status, stderr } = await download(sources, ['--without-model']);
  expect(status).toBe(0);
  expect(stderr).not.toContain('warning');
  const isModelFile = (name: string) => name.endsWith('.safetensors');
  expect(tree.filter(isModelFile)).toHaveLength(3);
  expect(await sandbox.tree()).toEqual(tree.filter((name) => !isModelFile(name)));
  expect([civitai.requestsTo('download'), civitai.requestsTo('storage')]).toEqual([[], []]);
});

it('A pause of whole seconds may be written into the configuration', async () => {
  await sandbox.write('config/config.json', JSON.stringify({ version: 2, defaults: { pauseTime: 2 } }));
  const sources = ids.batch.models.slice(0, 2).map(String);
  const { status, waits } = await runInProcess([...sources, 'models', '-i', '0'], sandbox);
  expect({ status, waits }).toEqual({ status: 0, waits: [2000] });
});

it.skipIf(process.platform === 'win32')('A root directory may have a colon in its name', async () => {
  const root = sandbox.path('a:b', 'c: d');
  const { status, stdout } = await runInProcess([String(model), root, '-i', '0'], sandbox);
  expect(status).toBe(0);
  expect(stdout).toMatch(`${root}/anythingV3_fp16/`);
});

it("A folder .tmp is nobody else's business", async () => {
  const own = ['.tmp/mine', 'models/.tmp/mine', 'models/anythingV3_fp16/.tmp/mine'];
  for (const name of own) await sandbox.write(name, 'mine');
  expect(await download([model], [])).toMatchObject({ status: 0 });
  for (const name of own) expect((await sandbox.read(name)).toString()).toBe('mine');
});

it('settings --no-reset is refused, and resets nothing', async () => {
  await sandbox.write('config/config.json', JSON.stringify({ version: 2, defaults: { maxImages: 7 } }));
  const before = await readFile(sandbox.config, 'utf8');
  const ended = await runInProcess(['settings', '--no-reset'], sandbox, {
    command: 'civitconfig',
    input: 'y\n',
  });
  expect(ended.status).toBe(2);
  expect(await readFile(sandbox.config, 'utf8')).toBe(before);
});
