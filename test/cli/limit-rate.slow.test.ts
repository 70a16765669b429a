import { stat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ended, run, start } from '../harness/command.js';
import { type Sandbox, sandbox } from '../harness/sandbox.js';
import { file, model, version } from '../support/catalog.js';
import { type Civitai, startCivitai } from '../support/civitai.js';

const size = 3_000_000;
const example = model({
  id: 1,
  name: 'Example',
  versions: [
    version({
      id: 2,
      name: 'v1',
      files: [file({ id: 3, name: 'example.safetensors', size, hashes: ['SHA256'] })],
    }),
  ],
});
const target = 'models/Example/example-mid_1-vid_2.safetensors';

/** Milliseconds of the beginning, which are not judged. */
const beginning = 250;

let civitai: Civitai;
beforeAll(async () => {
  civitai = await startCivitai({ models: [example] });
});
afterAll(() => civitai.close());

interface Sample {
  /** Milliseconds. */
  readonly at: number;
  readonly bytes: number;
}

/** Downloads the example, for so many milliseconds at most, and looks at each step by which its part file grows. */
async function growth(box: Sandbox, args: readonly string[], most: number) {
  const child = start('civitdl', ['1', 'models', ...args], box);
  const ending = ended(child);
  const steps: Sample[] = [];
  for (;;) {
    const { size: bytes } = await stat(box.path(`${target}.part`)).catch(() => ({ size: 0 }));
    const at = performance.now();
    if (bytes > (steps.at(-1)?.bytes ?? 0)) steps.push({ at, bytes });
    if (at - (steps[0]?.at ?? at) > most) child.kill();
    if (child.exitCode !== null || child.killed) break;
    await wait(5);
  }
  return { steps, ...(await ending) };
}

/** Bytes per second after the beginning. */
function rateOf(steps: readonly Sample[]): number {
  const judged = steps.filter(({ at }) => at > (steps[0]?.at ?? 0) + beginning);
  const [first, last] = [judged[0], judged.at(-1)];
  if (!first || !last) throw new Error('There was hardly anything to see.');
  return ((last.bytes - first.bytes) / (last.at - first.at)) * 1000;
}

/** Bytes that came at once at most, in milliseconds that they would take at this rate. */
function longestBurst(steps: readonly Sample[], rate: number): number {
  let most = 0;
  for (const from of steps)
    for (const to of steps)
      if (to.at > from.at) most = Math.max(most, ((to.bytes - from.bytes) / rate) * 1000 - (to.at - from.at));
  return most;
}

describe.concurrent('a limit of bytes per second', () => {
  it.for<
    readonly [how: string, stored: readonly string[], typed: readonly string[], rate: number, most: number]
  >([
    ['that is typed', [], ['--limit-rate', '1M'], 1_000_000, Number.POSITIVE_INFINITY],
    ['that is stored', ['--limit-rate', '1000K'], [], 1_000_000, Number.POSITIVE_INFINITY],
    ['that is small', ['--limit-rate', '2G'], ['--limit-rate', '0.2M'], 200_000, 2_000],
  ])('%s is kept', async ([_how, stored, typed, rate, most], { onTestFinished }) => {
    const box = await sandbox(civitai.url, onTestFinished);
    if (stored.length > 0) await run('civitconfig', ['default', ...stored], box);
    const { steps, status } = await growth(box, typed, most);
    expect(status).toBe(most === Number.POSITIVE_INFINITY ? 0 : 130);
    expect(rateOf(steps) / rate).toBeGreaterThan(0.95);
    expect(rateOf(steps) / rate).toBeLessThan(1.05);
    expect(longestBurst(steps, rate)).toBeLessThan(250);
  });
});
