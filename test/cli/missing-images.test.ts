import { afterAll, beforeAll, expect, it } from 'vitest';
import { runInProcess } from '../harness/in-process.js';
import { sandbox } from '../harness/sandbox.js';
import { ids } from '../support/catalog.js';
import { type Civitai, startCivitai } from '../support/civitai.js';

let civitai: Civitai;
beforeAll(async () => {
  civitai = await startCivitai();
});
afterAll(() => civitai.close());

it('Images that could not be had are in the summary, by model, and fail nothing', async () => {
  const box = await sandbox(civitai.url);
  const sources = [ids.deadImage.model, ids.noImages.model].map(String);
  const { status, stderr } = await runInProcess([...sources, 'models', '--pause-time', '0'], box);
  expect(status).toBe(0);
  const [, end] = stderr.split(/^(?=2 downloaded; )/m);
  expect(end?.split('\n').slice(1)).toEqual([
    `${ids.deadImage.model}: 1 of 3 images failed; the same command tries only these again.`,
    '',
  ]);
});
