import { describe, expect } from 'vitest';
import { file, image, model, version } from '../fake-civitai/catalog.js';
import { dailyLimit } from '../fake-civitai/civitai.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

const first = 810_000;
const numbers = Array.from({ length: 6 }, (_, index) => first + index);
const models = numbers.map((id) =>
  model({
    id,
    name: `Small ${id}`,
    versions: [
      version({
        id: id + 1_000,
        name: 'v1',
        files: [file({ id: id + 2_000, name: 'small.safetensors', size: 300_000 })],
        images: [image({ id: id + 3_000 })],
      }),
    ],
  }),
);
const all = numbers.join(',');

it.override('serverOptions', { models, latencyMs: 40 });

const files = async () => (await sandbox.tree()).filter((name) => name.endsWith('.safetensors'));

/** Returns the maximum number of parallel downloads. */
async function mostAtATime(args: readonly string[]): Promise<number> {
  let most = 0;
  const under = new Set<object>();
  civitai.setRate(1_000_000);
  const watch = setInterval(() => {
    for (const request of civitai.requestsTo('storage')) {
      if (request.bytesSent < 300_000) under.add(request);
      else under.delete(request);
    }
    most = Math.max(most, under.size);
  }, 5);
  try {
    const { status } = await runInProcess([all, 'models', '-i', '0', '--pause-time', '0', ...args], sandbox);
    expect(status).toBe(0);
  } finally {
    clearInterval(watch);
  }
  return most;
}

describe('jobs', () => {
  it.each([
    [1, [], []],
    [3, ['--jobs', '3'], []],
    [3, [], ['-j', '3']],
  ] as const)('run at a time, as many as were asked for: %i', async (most, typed, stored) => {
    if (stored.length > 0) await runInProcess(['default', ...stored], sandbox, { command: 'civitconfig' });
    expect(await mostAtATime(typed)).toBe(most);
    expect(await files()).toHaveLength(numbers.length);
  });

  it.each([
    [1, 1],
    [2, 4],
  ])(
    'ask for the next URL while the last bytes of a file come, unless there is but one: %i',
    async (jobs, most) => {
      // Each file takes 300 ms.
      civitai.setRate(1_000_000);
      const args = [all, 'models', '-i', '0', '--pause-time', '0', '-j', String(jobs)];
      expect((await runInProcess(args, sandbox)).status).toBe(0);
      const begun = civitai.requestsTo('storage')[0]?.at ?? 0;
      const early = civitai.requestsTo('download').filter(({ at }) => at < begun + 200);
      expect(early).toHaveLength(most);
      expect(civitai.requestsTo('download')).toHaveLength(numbers.length);
    },
  );

  it('begin one pause after another, and none pauses that has nothing to fetch', async () => {
    const paused = await runInProcess([all, 'models', '-j', '2', '--pause-time', '2'], sandbox);
    expect(paused.waits).toHaveLength(numbers.length - 1);
    for (const wait of paused.waits) expect(wait).toBeGreaterThan(1_000);
    expect((await runInProcess([all, 'models', '-j', '2', '--pause-time', '2'], sandbox)).waits).toEqual([]);
  });

  it('download a file once that is asked for twice at a time', async () => {
    const twice = `${first},${first}@${first + 1_000},urn:air:sdxl:lora:civitai:${first}@${first + 1_000}`;
    const { status, stderr } = await runInProcess([twice, 'models', '-j', '3'], sandbox);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^1 {2}duplicate$/m);
    expect(civitai.requestsTo('download')).toHaveLength(1);
  });

  it('go on after a failure of one of them', async () => {
    const { status, stderr } = await runInProcess([`${first},1,${first + 1}`, 'models', '-j', '3'], sandbox);
    expect(status).toBe(7);
    expect(stderr).toMatch(/^2 {2}downloaded\n1 {2}failed$/m);
    expect(await files()).toHaveLength(2);
  });

  it('begin nothing more where the daily limit is reached, and say so once', async () => {
    civitai.fault({ on: 'download', ...dailyLimit, times: Number.POSITIVE_INFINITY });
    const { status, stderr } = await runInProcess([all, 'models', '-j', '2', '-i', '0'], sandbox);
    expect(status).toBe(6);
    expect(stderr).toMatch(/^[12] {2}failed\n[45] {2}not started$/m);
    expect(civitai.requestsTo('download').length).toBeLessThanOrEqual(2);
    expect(stderr.match(/No further downloads will start/g)).toHaveLength(1);
  });
});
