import { mkdir, readdir } from 'node:fs/promises';
import { expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import type { Civitai } from '../fake-civitai/civitai.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

type Fault = Parameters<Civitai['fault']>[0];
const { anything, mainExample, absent, disabled, wrongSha256 } = ids;
const always = { times: Number.POSITIVE_INFINITY } as const;

const failures: readonly (readonly [
  what: string,
  model: number,
  fault: Fault | undefined,
  status: number,
])[] = [
  ['a missing key', mainExample.model, undefined, 3],
  ['downloads that the creator has disabled', disabled.model, undefined, 3],
  ['a model that does not exist', absent.model, undefined, 4],
  ['a file that is not found', anything.model, { on: 'download', kind: 'status', status: 404, ...always }, 4],
  ['denied access', anything.model, { on: 'download', kind: 'status', status: 403, ...always }, 3],
  ['the daily limit', anything.model, { on: 'download', kind: 'status', status: 429, ...always }, 6],
  ['a server that fails', anything.model, { on: 'download', kind: 'status', status: 500, ...always }, 5],
  ['a storage host that fails', anything.model, { on: 'storage', kind: 'status', status: 500, ...always }, 5],
  ['a wrong checksum', wrongSha256.model, undefined, 1],
];

it.each(failures)('%s leaves no empty folder', async (_what, model, fault, status) => {
  if (fault) civitai.fault(fault);
  const ended = await runInProcess([String(model), 'models/loras', '-i', '0'], sandbox);
  expect(ended.status).toBe(status);
  expect(await readdir(sandbox.dir)).not.toContain('models');
});

it('an empty folder that was there before stays', async () => {
  await mkdir(sandbox.path('models/Paper Lantern Ink'), { recursive: true });
  await runInProcess([String(mainExample.model), 'models', '-i', '0'], sandbox);
  expect(await readdir(sandbox.path('models'))).toEqual(['Paper Lantern Ink']);
});

it('a failure with several jobs leaves the folders of the others', async () => {
  const models = [mainExample.model, anything.model].map(String);
  await runInProcess([...models, 'models', '-i', '0', '-j', '2', '--pause-time', '0'], sandbox);
  expect(await readdir(sandbox.path('models'))).toEqual(['anythingV3_fp16']);
});
