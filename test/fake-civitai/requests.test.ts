import { expect } from 'vitest';
import { civitai, test } from '../harness/fixture.js';
import { file, ids, model, version } from './catalog.js';
import { startCivitai } from './civitai.js';

test('every request to every host is recorded in order', async () => {
  await fetch(`${civitai.url}/api/v1/models/${ids.anything.model}`);
  const response = await fetch(`${civitai.url}/api/download/models/${ids.anything.version}?fileId=90`, {
    headers: { Authorization: `Bearer ${civitai.goodKey}` },
  });
  const { byteLength } = await response.arrayBuffer();
  expect(civitai.requests.map(({ route, host, status }) => [route, host, status])).toEqual([
    ['model', 'api', 200],
    ['download', 'api', 307],
    ['storage', 'r2', 200],
  ]);
  const [download] = civitai.requestsTo('download');
  expect(download?.query.get('fileId')).toBe('90');
  expect(download?.headers.authorization).toBe(`Bearer ${civitai.goodKey}`);
  expect(civitai.requestsTo('storage')).toMatchObject([{ bytesSent: byteLength, completed: true }]);
  expect(civitai.requestsTo('storage')[0]?.headers).not.toHaveProperty('authorization');
});

test('a request that the client gave up is not completed', async () => {
  civitai.setRate(10_000);
  const given = new AbortController();
  await fetch(`${civitai.url}/api/download/models/${ids.anything.version}`, { signal: given.signal });
  given.abort();
  expect(civitai.requestsTo('storage')).toMatchObject([{ status: 200, completed: false }]);
});

test('reset forgets requests', async () => {
  await fetch(`${civitai.url}/anything`);
  expect(civitai.requestsTo('other')).toHaveLength(1);
  civitai.reset();
  expect(civitai.requests).toEqual([]);
});

test("models of one's own take the place of the catalog", async () => {
  const own = model({
    id: 5,
    name: 'Mine',
    versions: [version({ id: 6, name: 'v1', files: [file({ id: 7, name: 'mine.safetensors' })] })],
  });
  const other = await startCivitai({ models: [own] });
  try {
    expect((await fetch(`${other.url}/api/v1/models/5`)).status).toBe(200);
    expect((await fetch(`${other.url}/api/v1/models/${ids.anything.model}`)).status).toBe(404);
  } finally {
    await other.close();
  }
});
