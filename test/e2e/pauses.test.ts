import { describe, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

const PAUSE_MS = 3_000;
const models = [ids.anything.model, ...ids.batch.models.slice(0, 2)].map(String);
const download = async (args: readonly string[]) => {
  const ended = await runInProcess(args, sandbox);
  expect(ended.status).toBe(0);
  return ended;
};

describe('a pause', () => {
  it('is made between two model files from the network, with their images', async () => {
    expect((await download([...models, 'models'])).waits).toEqual([PAUSE_MS, PAUSE_MS]);
    expect(civitai.requestsTo('image').length).toBeGreaterThan(models.length);
  });

  it.each([
    ['from the cache', ['two']],
    ['from the cache, with previews for applications', ['two', '--sidecars', 'all']],
    ['from the cache, in three jobs', ['two', '-j', '3']],
    ['that are already there', ['one']],
    ['that are already there, with previews for applications', ['one', '--sidecars', 'all']],
    ['that are left out', ['two', '--without-model']],
  ])('is not made for models %s', async (_name, args) => {
    await download([...models, 'one', '-i', '0', '--sidecars', 'none', '--pause-time', '0']);
    civitai.reset();
    const { waits, stderr } = await download([...models, ...args]);
    expect(civitai.requestsTo('image').length).toBeGreaterThanOrEqual(models.length);
    expect(civitai.requestsTo('storage')).toEqual([]);
    expect(waits).toEqual([]);
    expect(stderr).not.toContain('pausing');
  });

  it('is made once around a model from the cache', async () => {
    const [first = '', cached = '', last = ''] = models;
    await download([cached, 'one', '-i', '0']);
    expect((await download([first, cached, last, 'two'])).waits).toEqual([PAUSE_MS]);
  });
});
