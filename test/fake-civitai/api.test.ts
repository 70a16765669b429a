import { expect } from 'vitest';
import { fileHash } from '../harness/catalog-bytes.js';
import { civitai, test } from '../harness/fixture.js';
import { ids } from './catalog.js';

// biome-ignore lint/suspicious/noExplicitAny: the tests look anywhere into the answer
type Answer = { status: number; body: any };

async function get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${civitai.url}/api/v1/${path}`, { headers });
  return { status: response.status, body: await response.json() };
}

test('a model answers without empty values, without modelId, and images without meta', async () => {
  const { status, body } = await get(`models/${ids.mainExample.model}`);
  expect(status).toBe(200);
  expect(body).toMatchObject({ name: 'Paper Lantern Ink', allowCommercialUse: '{Image,RentCivit}' });
  const [first, older] = body.modelVersions;
  expect([first.id, older.id]).toEqual([ids.mainExample.version, ids.mainExample.olderVersion]);
  expect(first).not.toHaveProperty('modelId');
  expect(first).not.toHaveProperty('usageControl');
  expect(older).not.toHaveProperty('trainedWords');
  expect(older).not.toHaveProperty('paidAccess');
  expect(first.images).toHaveLength(4);
  expect(first.images[0]).not.toHaveProperty('meta');
  expect(first.downloadUrl).toBe(`https://civitai.com/api/download/models/${first.id}`);
});

test('a version answers with empty values, modelId, and images with meta', async () => {
  const { body } = await get(`model-versions/${ids.mainExample.olderVersion}`);
  expect(body).toMatchObject({
    modelId: ids.mainExample.model,
    usageControl: 'Download',
    trainedWords: [],
    paidAccess: null,
    model: { name: 'Paper Lantern Ink', type: 'LORA' },
  });
  expect(body.images[0].meta.prompt).toContain('lantern');
});

test('a file is primary by true or absent in a model, by true or false in a version', async () => {
  const model = await get(`models/${ids.sameName.model}`);
  const version = await get(`model-versions/${ids.sameName.version}`);
  expect(model.body.modelVersions[0].files.map((file: object) => 'primary' in file)).toEqual([true, false]);
  expect(version.body.files.map(({ primary }: { primary: boolean }) => primary)).toEqual([true, false]);
  expect(version.body.files[1].downloadUrl).toContain('?type=Model&format=SafeTensor&size=full&fp=fp32');
});

test('the list of models has those that may be listed, with empty values and ids of images', async () => {
  const wanted = [ids.anything, ids.archived, ids.hiddenModel, ids.onlyMature, ids.absent];
  const list = `models?ids=${wanted.map(({ model }) => model).join()}`;
  const { body } = await get(`${list}&nsfw=true`);
  expect(body.items.map(({ id }: { id: number }) => id)).toEqual([ids.anything.model, ids.onlyMature.model]);
  const [first] = body.items[0].modelVersions;
  expect(first).toMatchObject({ trainedWords: [], paidAccess: null, images: [{ id: 517 }, {}, {}] });
  expect(first).not.toHaveProperty('status');
  expect((await get(list)).body.items).toHaveLength(1);
  expect((await get('models?ids=x')).status).toBe(400);
});

test('an override of the name shows in the model only', async () => {
  const model = await get(`models/${ids.overrideName.model}`);
  const version = await get(`model-versions/${ids.overrideName.version}`);
  expect(model.body.modelVersions[0].files[0].name).toBe('after.safetensors');
  expect(version.body.files[0].name).toBe('before.safetensors');
});

test('archived models have no files, those taken down no images', async () => {
  const archived = await get(`models/${ids.archived.model}`);
  const takenDown = await get(`models/${ids.takenDown.model}`);
  expect(archived.body.mode).toBe('Archived');
  expect(archived.body.modelVersions[0]).not.toHaveProperty('files');
  expect(takenDown.body.modelVersions[0]).not.toHaveProperty('images');
});

test.each([
  ['models/x', 400, 'Invalid model id'],
  [`models/${ids.absent.model}`, 404, `No model with id ${ids.absent.model}`],
  [`models/${ids.hiddenModel.model}`, 404, `No model with id ${ids.hiddenModel.model}`],
  [`model-versions/${ids.absent.version}`, 404, 'Model not found'],
  [`model-versions/${ids.freshVersion.version}`, 404, 'Model not found'],
  ['model-versions/by-hash/0123456789', 404, 'Model not found'],
  ['me', 401, 'Unauthorized'],
])('%s answers %i %s', async (path, status, error) => {
  expect(await get(path)).toEqual({ status, body: { error } });
});

test('a hash finds the oldest version that has it, in any case', async () => {
  const { body } = await get(`model-versions/${ids.sharedHash.newerVersion}`);
  const found = await get(`model-versions/by-hash/${body.files[0].hashes.SHA256.toLowerCase()}`);
  expect(found.body.id).toBe(ids.sharedHash.olderVersion);
});

test('the account is told to a good key', async () => {
  const { body } = await get('me', { Authorization: `Bearer ${civitai.goodKey}` });
  expect(body.username).toBe('example_user');
  expect((await get('me', { Authorization: 'Bearer wrong' })).status).toBe(401);
});

test('the list of images has those beyond the first ten, of others too, and meta when asked for', async () => {
  const version = await get(`model-versions/${ids.manyImages.version}`);
  const query = `modelVersionId=${ids.manyImages.version}&browsingLevel=31`;
  const list = await get(`images?${query}&withMeta=true&flatMeta=true`);
  expect(version.body.images).toHaveLength(10);
  expect(list.body.items).toHaveLength(13);
  expect(list.body.items[11]).toMatchObject({ nsfwLevel: 'None', browsingLevel: 1, meta: { steps: 28 } });
  expect((await get(`images?${query}`)).body.items[11].meta).toBeNull();
  expect((await get(`images?${query}&limit=5&cursor=10`)).body).toMatchObject({ metadata: {} });
});

test('the owners of files come in another order, and nothing of hashes that nobody has', async () => {
  const ask = (body: unknown, method = 'POST') =>
    fetch(`${civitai.url}/api/v1/model-versions/by-hash/ids`, {
      method,
      ...(method === 'POST' && { body: JSON.stringify(body) }),
    });
  const known = [ids.anything.file, ids.gguf.smallFile].map((id) => fileHash(id, 'SHA256'));
  const response = await ask([known[0]?.toLowerCase(), 'AB'.repeat(32), known[1]]);
  expect(await response.json()).toEqual([
    { modelId: ids.gguf.model, modelVersionId: ids.gguf.version, hash: known[1] },
    { modelId: ids.anything.model, modelVersionId: ids.anything.version, hash: known[0] },
  ]);
  const statuses = [['short'], Array(10_001).fill(known[0]), {}].map(
    async (body) => (await ask(body)).status,
  );
  expect(await Promise.all(statuses)).toEqual([400, 400, 400]);
  expect((await ask(undefined, 'GET')).status).toBe(405);
});
