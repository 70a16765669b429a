import { expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { sandbox as box, it } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

it('Images that could not be had are in the summary, by model, and fail nothing', async () => {
  const sources = [ids.deadImage.model, ids.noImages.model].map(String);
  const { status, stderr } = await runInProcess([...sources, 'models', '--pause-time', '0'], box);
  expect(status).toBe(0);
  expect(stderr).toMatch(/^1 {2}images failed$/m);
  expect(stderr.split('\n').slice(-3)).toEqual([
    'Images failed; the same command fetches only what is missing:',
    expect.stringContaining(String(ids.deadImage.model)),
    '',
  ]);
});
