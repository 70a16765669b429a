import { expect, it } from 'vitest';
import { withBatchedModels } from '../../src/civitai/batched-models.js';
import type { CivitaiClient } from '../../src/civitai/client.js';
import type { Source } from '../../src/civitai/source.js';
import { ServerError } from '../../src/errors.js';
import { modelOf } from './samples.js';

const { signal } = new AbortController();
const model = (modelId: number): Source => ({ kind: 'model', modelId });
const hash: Source = { kind: 'hash', hash: 'ABCDEF0123' };
const range = (count: number, first = 1) => Array.from({ length: count }, (_, index) => first + index);

/** A server of models, with a list of its requests. */
function serverOf(upcoming: readonly Source[], missing: readonly number[] = []) {
  const requests: string[] = [];
  let failures = 0;
  const server = {
    getModel: async (id: number) => {
      requests.push(String(id));
      return modelOf(id, { name: 'single' });
    },
    getModels: async (ids: readonly number[]) => {
      requests.push(ids.length > 3 ? `${ids[0]}...${ids.at(-1)}` : ids.join());
      if (failures-- > 0) throw new ServerError('server', 'The list failed.');
      return ids
        .filter((id) => !missing.includes(id))
        .reverse()
        .map((id) => modelOf(id, { name: 'listed' }));
    },
  } as unknown as CivitaiClient;
  const client = withBatchedModels(server, upcoming);
  return {
    requests,
    failLists: (times: number) => {
      failures = times;
    },
    get: (...ids: readonly number[]) =>
      Promise.all(ids.map(async (id) => (await client.getModel(id, signal)).name)),
  };
}

it('requests neighbouring models together when the first is needed', async () => {
  const { get, requests } = serverOf([model(1), hash, model(2), model(3)]);
  expect(requests).toEqual([]);
  expect(await get(1)).toEqual(['listed']);
  expect(await get(2, 3)).toEqual(['listed', 'listed']);
  expect(requests).toEqual(['1,2,3']);
});

it('requests up to 25 models together', async () => {
  const { get, requests } = serverOf(range(60).map(model));
  await get(...range(60));
  expect(requests).toEqual(['1...25', '26...50', '51...60']);
});

it('requests a list once if several of its models are needed at the same time', async () => {
  const { get, requests } = serverOf(range(6).map(model));
  await get(...range(6));
  expect(requests).toEqual(['1...6']);
});

it.each([
  ['is the only one', [model(1)]],
  [
    'is the only one, though needed several times',
    [model(1), { kind: 'version', versionId: 7, modelId: 1 } as const],
  ],
  ['is far from all others', [model(1), ...Array(60).fill(hash), model(2)]],
  ['is unexpected', []],
])('requests a model by its own route if it %s', async (_what, upcoming) => {
  const { get, requests } = serverOf(upcoming);
  expect(await get(1)).toEqual(['single']);
  expect(requests).toEqual(['1']);
});

it('requests a model by its own route if the list omits it', async () => {
  const { get, requests } = serverOf(range(4).map(model), [2, 3]);
  expect(await get(...range(4))).toEqual(['listed', 'single', 'single', 'listed']);
  expect(requests).toEqual(['1...4', '2', '3']);
});

it('requests a model once if several of its versions are needed', async () => {
  const version = (versionId: number): Source => ({ kind: 'version', versionId, modelId: 1 });
  const { get, requests } = serverOf([version(7), version(8), model(2), model(1)]);
  await get(1, 1, 2, 1);
  expect(requests).toEqual(['1,2']);
});

it('forgets a model after its last expected use', async () => {
  const { get, requests } = serverOf([model(1), model(2)]);
  await get(1, 2);
  expect(await get(1)).toEqual(['single']);
  expect(requests).toEqual(['1,2', '1']);
});

it('requests the next list while models of the current one are in use', async () => {
  const { get, requests } = serverOf(range(80).map(model));
  await get(1);
  expect(requests).toEqual(['1...25', '26...50']);
  await get(2, 3);
  expect(requests).toEqual(['1...25', '26...50']);
  await get(26);
  expect(requests).toEqual(['1...25', '26...50', '51...75']);
});

it('requests models by their own routes if a list fails, and no further lists after two failures in a row', async () => {
  const { get, requests, failLists } = serverOf(range(150).map(model));
  failLists(1);
  await get(1, 2);
  await get(26, 27);
  expect(requests).toEqual(['1...25', '26...50', '1', '2', '51...75']);
  failLists(2);
  await get(51);
  await get(76);
  await get(101);
  await get(126, 127);
  expect(requests.slice(5)).toEqual(['76...100', '101...125', '76', '101', '126', '127']);
});

it('stops if the run is aborted', async () => {
  const aborting = new AbortController();
  const client = withBatchedModels(
    {
      getModel: () => Promise.reject(new Error('Unexpected request.')),
      getModels: async () => {
        aborting.abort(new Error('stopped'));
        throw new Error('aborted');
      },
    } as unknown as CivitaiClient,
    [model(1), model(2)],
  );
  await expect(client.getModel(1, aborting.signal)).rejects.toThrow('stopped');
});
