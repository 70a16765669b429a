import { readFile, stat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { file, model, version } from '../fake-civitai/catalog.js';
import { ended, run, start } from '../harness/command.js';
import { it } from '../harness/fixture.js';
import type { Sandbox } from '../harness/sandbox.js';

/** Bytes per second, as they are typed. */
const rates = { '0.2M': 200_000, '1M': 1_000_000, '10M': 10_000_000 } as const;
type Rate = keyof typeof rates;

/** Milliseconds that each file takes, of which the first are not judged. */
const DURATION = 7_000;
const BEGINNING = 250;
/** Milliseconds of a window, over which a rate is kept wherever the window is. */
const WINDOW = 5_000;
/** Part of the rate. */
const TOLERANCE = 0.05;
/** Milliseconds' worth of the rate that may come at once. */
const BURST = 250;
/** Bytes of a file that are written at once at most, by each connection: what comes is seen only then. */
const BLOCK = 1024 * 1024;

const name = (rate: Rate) => `at${rates[rate]}`;
const modelId = (rate: Rate) => Object.keys(rates).indexOf(rate) + 1;
const models = (Object.keys(rates) as Rate[]).map((rate) => {
  const size = (rates[rate] * DURATION) / 1000;
  const only = file({ id: modelId(rate) + 20, name: `${name(rate)}.safetensors`, size, hashes: ['SHA256'] });
  const first = version({ id: modelId(rate) + 10, name: 'v1', files: [only] });
  return model({ id: modelId(rate), name: name(rate), versions: [first] });
});

it.override('serverOptions', { models });

// The tests run at the same time.
it.override('civitai', ({ server }) => server);

/** A look at a part file. */
interface Sample {
  /** Milliseconds between which it was like this: on a busy machine, a look takes long. */
  readonly after: number;
  readonly before: number;
  /** That are there. */
  readonly bytes: number;
  /** Milliseconds for which the command and the server could have gone on, had the machine not been busy otherwise. */
  readonly lost: number;
}

/** Milliseconds that a process has waited for a processor so far; zero where the system does not tell. */
async function waited(pid: number | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid}/schedstat`, 'utf8').catch(() => '');
  return Number(text.split(' ')[1] ?? 0) / 1_000_000;
}

/** Bytes of a file that are there: several connections leave gaps, which its size does not tell. */
async function bytesOf(path: string): Promise<number> {
  const { size, blocks } = await stat(path).catch(() => ({ size: 0, blocks: 0 }));
  return Math.min(size, blocks * 512);
}

/** Downloads the file that fits a rate, and looks at it as it grows. */
async function growth(rate: Rate, args: readonly string[], box: Sandbox) {
  const target = box.path(
    `models/${name(rate)}/${name(rate)}-mid_${modelId(rate)}-vid_${modelId(rate) + 10}.safetensors.part`,
  );
  const child = start('civitdl', [String(modelId(rate)), 'models', ...args], box);
  const ending = ended(child);
  const samples: Sample[] = [];
  while (child.exitCode === null) {
    const after = performance.now();
    const bytes = await bytesOf(target);
    const before = performance.now();
    const lost = (await waited(child.pid)) + (await waited(process.pid));
    if (bytes > (samples.at(-1)?.bytes ?? 0)) samples.push({ after, before, bytes, lost });
    await wait(5);
  }
  const judged = (samples[0]?.before ?? 0) + BEGINNING;
  return { samples: samples.filter(({ after }) => after > judged), ...(await ending) };
}

/** What came in each window, as a part of the rate: at least, and at most, since a busy machine leaves that open. */
function windows(samples: readonly Sample[], rate: number): readonly { least: number; most: number }[] {
  return samples.flatMap((from) => {
    const to = samples.find(({ after }) => after >= from.before + WINDOW);
    if (!to) return [];
    const took = ((to.bytes - from.bytes) / rate) * 1000;
    const possible = to.after - from.before - (to.lost - from.lost);
    return [{ least: took / (to.before - from.after), most: took / possible }];
  });
}

/** What came at once at most, in milliseconds that it would take at this rate. */
function longestBurst(samples: readonly Sample[], rate: number): number {
  const burst = (from: Sample, to: Sample) =>
    ((to.bytes - from.bytes) / rate) * 1000 - (to.before - from.after);
  return Math.max(...samples.flatMap((from, index) => samples.slice(index + 1).map((to) => burst(from, to))));
}

const ways = (Object.keys(rates) as Rate[]).flatMap((rate) => [
  {
    what: `${rate}, typed,`,
    rate,
    typed: ['--limit-rate', rate, '--connections', '1'],
    stored: [],
    unseen: 0,
  },
  {
    what: `${rate}, stored,`,
    rate,
    typed: ['--connections', '1'],
    stored: ['--limit-rate', rate],
    unseen: 0,
  },
]);
const together = {
  what: '10M for four connections',
  rate: '10M',
  typed: ['--limit-rate', '10M'],
  stored: [],
  unseen: 4 * BLOCK,
} as const;

describe.concurrent('a limit of bytes per second', () => {
  it.for([...ways, together])(
    'of $what is kept over any five seconds',
    // On a very busy machine, there may be nothing to see of a whole window.
    { retry: 2 },
    async ({ rate, typed, stored, unseen }, { sandbox: box }) => {
      if (stored.length > 0) await run('civitconfig', ['default', ...stored], box);
      const { samples, status } = await growth(rate, typed, box);
      expect(status).toBe(0);
      const parts = windows(samples, rates[rate]);
      const tolerance = TOLERANCE + ((unseen / rates[rate]) * 1000) / WINDOW;
      expect(parts.length).toBeGreaterThan(0);
      expect(Math.max(...parts.map(({ least }) => least))).toBeLessThan(1 + tolerance);
      expect(Math.min(...parts.map(({ most }) => most))).toBeGreaterThan(1 - tolerance);
      expect(longestBurst(samples, rates[rate])).toBeLessThan(BURST + (unseen / rates[rate]) * 1000);
    },
  );
});
