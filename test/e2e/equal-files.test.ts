import { expect } from 'vitest';
import { file, model, version } from '../fake-civitai/catalog.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

const id = 820_000;
const alike = { size: 60_000, seed: 5 };
const files = [
  file({ id: id + 2, name: 'one.safetensors', ...alike }),
  file({ id: id + 3, name: 'two.safetensors', type: 'Pruned Model', ...alike }),
];
const models = [model({ id, name: 'Alike', versions: [version({ id: id + 1, name: 'v1', files })] })];

it.override('serverOptions', { models });

it('all files of a version get their own names, also if their bytes are equal', async () => {
  const all = [
    expect.stringMatching(/^one-.*\.safetensors$/),
    expect.stringMatching(/^two-.*\.safetensors$/),
  ];
  for (const options of [[], ['--all-files'], ['--all-files', '--cache-mode', '0']]) {
    const { status } = await runInProcess([String(id), 'models', '-i', '0', ...options], sandbox);
    expect(status).toBe(0);
    const names = (await sandbox.tree('models/Alike')).filter((name) => name.endsWith('.safetensors'));
    expect(names.sort()).toEqual(options.length === 0 ? all.slice(0, 1) : all);
  }
  expect(civitai.requestsTo('storage').length).toBeLessThanOrEqual(2);
});
