import { expect } from 'vitest';
import { creatorModels } from '../fake-civitai/catalog/creator.js';
import type { Route } from '../fake-civitai/civitai.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

const COUNT = 1000;

it.override('serverOptions', {
  models: creatorModels({ count: COUNT, creator: 'prolific', firstId: 5_000_000 }),
  // The last model of each page comes again in the next.
  isMoving: true,
});

it('a creator of a thousand models is downloaded with ten list requests, and three for each model', async () => {
  const args = ['user:prolific', './models', '--pause-time', '0', '-j', '16', '-y'];
  expect(await runInProcess(args, sandbox)).toMatchObject({ status: 0 });
  const count = (route: Route) => civitai.requestsTo(route).length;
  expect([count('models'), count('model'), count('version'), count('download')]).toEqual([
    10,
    ...[COUNT, COUNT, COUNT],
  ]);
  const files = (await sandbox.tree()).filter((name) => name.endsWith('.safetensors'));
  expect(files).toHaveLength(COUNT);

  // The second run reads the list, and asks for nothing else.
  civitai.reset();
  expect(await runInProcess(args, sandbox)).toMatchObject({ status: 0 });
  expect([count('models'), civitai.requests.length]).toEqual([10, 10]);
}, 300_000);
