import { readFileSync, statSync } from 'node:fs';
import { expect } from 'vitest';
import { file, model, version } from '../fake-civitai/catalog.js';
import { makeAppRoot } from '../harness/app-roots.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

const bytes = { size: 60_000, seed: 5 };
const one = published(840_000, 'copy.safetensors');
const again = published(840_010, 'copy.safetensors');
const renamed = published(840_020, 'renamed.safetensors');

/** A model that has the same bytes as the others. */
function published(id: number, name: string) {
  const files = [file({ id: id + 2, name, ...bytes })];
  return model({ id, name: `Model ${id}`, versions: [version({ id: id + 1, name: 'v1', files })] });
}

it.override('serverOptions', { models: [one, again, renamed] });

const states = async () =>
  (await sandbox.tree('app')).map((name) => {
    const path = sandbox.path('app', name);
    return [name, statSync(path).ino, readFileSync(path).toString('latin1')];
  });

it.each([
  ['with one name', again, `copy-vid_${840_011}`],
  ['with another name', renamed, 'renamed'],
])('two models with the same bytes, %s, have their own files and sidecars', async (_what, other, name) => {
  makeAppRoot(sandbox.path('app'), 'StabilityMatrix');
  const download = async (...args: readonly (string | number)[]) =>
    expect(await runInProcess([...args.map(String), 'app', '--pause-time', '0'], sandbox)).toMatchObject({
      status: 0,
    });
  await download(one.id, other.id);
  const before = await states();
  for (const [stem, { id }] of [['copy', one] as const, [name, other] as const]) {
    const info = await sandbox.read(`app/Models/Lora/${stem}.cm-info.json`);
    expect(JSON.parse(String(info))).toMatchObject({ ModelId: id });
  }
  await download(one.id, other.id);
  await download(other.id, '--cache-mode', '0');
  await download(one.id, '--cache-mode', '0');
  expect(await states()).toEqual(before);
  expect(civitai.requestsTo('storage')).toHaveLength(1);
});
