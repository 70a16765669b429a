import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { file, image, model, version } from '../fake-civitai/catalog.js';
import type { Civitai } from '../fake-civitai/civitai.js';
import { run } from '../harness/command.js';
import { isOneFile } from '../harness/files.js';
import { civitai, it, sandbox } from '../harness/fixture.js';

const COUNT = 50;
const numbers = Array.from({ length: COUNT }, (_, index) => index + 1);
const models = numbers.map((id) =>
  model({
    id,
    name: `Model ${id}`,
    versions: [
      version({
        id: id + 1000,
        name: 'v1',
        files: [file({ id: id + 2000, name: `model_${id}.safetensors` })],
        images: [image({ id: id + 3000 })],
      }),
    ],
  }),
);
const all = numbers.join();

it.override('serverOptions', { models });

const download = (sources: string, root: string, ...args: readonly string[]) =>
  run('civitdl', [sources, root, '--pause-time', '0', ...args], sandbox);
const asked = (...routes: readonly Parameters<Civitai['requestsTo']>[0][]) =>
  routes.flatMap((route) => civitai.requestsTo(route)).length;
/** Returns the milliseconds that a run reports, without the start of Node. */
async function took(...args: readonly string[]): Promise<number> {
  const { stdout } = await download(all, 'one', '--json', ...args);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '').ms;
}

it('A batch of fifty models is fetched once, for whichever root and whenever', async () => {
  expect(await download(all, 'one')).toMatchObject({ status: 0 });
  expect([asked('download'), asked('image')]).toEqual([COUNT, COUNT]);

  civitai.reset();
  const other = await download(all, 'two');
  expect(other.status).toBe(0);
  expect(other.stderr).toMatch(/^50 {2}taken from cache\n50 {2}images downloaded\n0 B in /m);
  expect([asked('download', 'storage'), asked('image')]).toEqual([0, COUNT]);
  if (other.stderr.includes('hard link')) {
    for (const id of numbers) {
      const path = `Model ${id}/model_${id}-mid_${id}-vid_${id + 1000}.safetensors`;
      expect(await isOneFile(sandbox.path('one', path), sandbox.path('two', path))).toBe(true);
    }
  }

  civitai.reset();
  const again = await download(all, 'one');
  expect(again.status).toBe(0);
  expect(again.stderr).toMatch(/^50 {2}already downloaded\n0 B in /m);
  expect(again.stderr.match(/unchanged since/g)).toHaveLength(COUNT);
  expect(asked('download', 'storage', 'image')).toBe(0);

  // Besides requesting and writing metadata, a run takes almost no time.
  const costs: number[] = [];
  for (let round = 0; round < 3; round++) costs.push((await took()) - (await took('--without-model')));
  expect(Math.min(...costs)).toBeLessThan(1_000);
});

it('Twenty processes at once lose nothing of the index', async () => {
  const chosen = numbers.slice(0, 20);
  const ran = await Promise.all(chosen.map((id) => download(`${id},50`, `root ${id}`, '-i', '0')));
  expect(ran.map(({ status }) => status)).toEqual(chosen.map(() => 0));
  expect(ran.map(({ stderr }) => /warning/.test(stderr))).toEqual(chosen.map(() => false));
  civitai.reset();
  const { stderr } = await download(`${chosen.join()},50`, 'all', '-i', '0');
  expect(stderr).toMatch(/^21 {2}taken from cache\n0 B in /m);
  expect(asked('download')).toBe(0);
  const index = sandbox.path('cache', 'index-1');
  const texts = await Promise.all(
    (await readdir(index)).map(async (name) => String(await sandbox.read(join('cache', 'index-1', name)))),
  );
  const lines = texts
    .join('')
    .split('\n')
    .filter((line) => line !== '');
  const paths = new Set(lines.map((line) => JSON.parse(line).file.path));
  expect(paths.size).toBe(20 + 20 + 21);
  expect((await readdir(index)).filter((name) => !name.endsWith('.jsonl'))).toEqual([]);
});
