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

/** A server that is asked for models, and what it was asked for. */
function serverOf(upcoming: readonly Source[], missing: readonly number[] = []) {
  const asked: string[] = [];
  let broken = 0;
  const server = {
    getModel: async (id: number) => {
      asked.push(String(id));
      return modelOf(id, { name: 'by itself' });
    },
    getModels: async (ids: readonly number[]) => {
      asked.push(ids.length > 3 ? `${ids[0]}...${ids.at(-1)}` : ids.join());
      if (broken-- > 0) throw new ServerError('server', 'The list is broken.');
      return ids
        .filter((id) => !missing.includes(id))
        .reverse()
        .map((id) => modelOf(id, { name: 'of a list' }));
    },
  } as unknown as CivitaiClient;
  const client = withBatchedModels(server, upcoming);
  return {
    asked,
    breakLists: (times: number) => {
      broken = times;
    },
    get: (...ids: readonly number[]) =>
      Promise.all(ids.map(async (id) => (await client.getModel(id, signal)).name)),
  };
}

it('asks for models near each other at once, when the first of them is wanted', async () => {
  const { get, asked } = serverOf([model(1), hash, model(2), model(3)]);
  expect(asked).toEqual([]);
  expect(await get(1)).toEqual(['of a list']);
  expect(await get(2, 3)).toEqual(['of a list', 'of a list']);
  expect(asked).toEqual(['1,2,3']);
});

it('asks for 25 at most', async () => {
  const { get, asked } = serverOf(range(60).map(model));
  await get(...range(60));
  expect(asked).toEqual(['1...25', '26...50', '51...60']);
});

it('asks once when several are wanted at the same time', async () => {
  const { get, asked } = serverOf(range(6).map(model));
  await get(...range(6));
  expect(asked).toEqual(['1...6']);
});

it.each([
  ['is alone', [model(1)]],
  [
    'is asked for several times, but alone',
    [model(1), { kind: 'version', versionId: 7, modelId: 1 } as const],
  ],
  ['is far from all others', [model(1), ...Array(60).fill(hash), model(2)]],
  ['was not expected', []],
])('asks by its own route for one that %s', async (_what, upcoming) => {
  const { get, asked } = serverOf(upcoming);
  expect(await get(1)).toEqual(['by itself']);
  expect(asked).toEqual(['1']);
});

it('asks by its own route for those that the list leaves out', async () => {
  const { get, asked } = serverOf(range(4).map(model), [2, 3]);
  expect(await get(...range(4))).toEqual(['of a list', 'by itself', 'by itself', 'of a list']);
  expect(asked).toEqual(['1...4', '2', '3']);
});

it('asks once for a model of which several versions are wanted', async () => {
  const version = (versionId: number): Source => ({ kind: 'version', versionId, modelId: 1 });
  const { get, asked } = serverOf([version(7), version(8), model(2), model(1)]);
  await get(1, 1, 2, 1);
  expect(asked).toEqual(['1,2']);
});

it('forgets a model that was taken as often as it was asked for', async () => {
  const { get, asked } = serverOf([model(1), model(2)]);
  await get(1, 2);
  expect(await get(1)).toEqual(['by itself']);
  expect(asked).toEqual(['1,2', '1']);
});

it('asks for the next list while models of this one are wanted', async () => {
  const { get, asked } = serverOf(range(80).map(model));
  await get(1);
  expect(asked).toEqual(['1...25', '26...50']);
  await get(2, 3);
  expect(asked).toEqual(['1...25', '26...50']);
  await get(26);
  expect(asked).toEqual(['1...25', '26...50', '51...75']);
});

it('does without a list that is broken, and without all others when the next one is broken, too', async () => {
  const { get, asked, breakLists } = serverOf(range(150).map(model));
  breakLists(1);
  await get(1, 2);
  await get(26, 27);
  expect(asked).toEqual(['1...25', '26...50', '1', '2', '51...75']);
  breakLists(2);
  await get(51);
  await get(76);
  await get(101);
  await get(126, 127);
  expect(asked.slice(5)).toEqual(['76...100', '101...125', '76', '101', '126', '127']);
});

it('does not go on when it is aborted', async () => {
  const aborting = new AbortController();
  const client = withBatchedModels(
    {
      getModel: () => Promise.reject(new Error('This is not asked for.')),
      getModels: async () => {
        aborting.abort(new Error('enough'));
        throw new Error('aborted');
      },
    } as unknown as CivitaiClient,
    [model(1), model(2)],
  );
  await expect(client.getModel(1, aborting.signal)).rejects.toThrow('enough');
});
