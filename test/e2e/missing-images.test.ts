import { expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

it('Images that could not be had are in the summary, by model, and fail nothing', async () => {
  const sources = [ids.deadImage.model, ids.noImages.model].map(String);
  const { status, stderr } = await runInProcess([...sources, 'models', '--pause-time', '0'], sandbox);
  expect(status).toBe(0);
  expect(stderr).toMatch(/^1 {2}image failed$/m);
  expect(stderr.split('\n').slice(-3)).toEqual([
    'Some images failed. Run the same command again to download only the missing ones:',
    expect.stringContaining(String(ids.deadImage.model)),
    '',
  ]);
});
