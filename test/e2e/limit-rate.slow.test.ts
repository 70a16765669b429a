import { readFile, stat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { file, model, version } from '../fake-civitai/catalog.js';
import { ended, run, start } from '../harness/command.js';
import { it } from '../harness/fixture.js';
import type { Sandbox } from '../harness/sandbox.js';

/** Bytes per second by the value of the option. */
const rates = { '0.2M': 200_000, '1M': 1_000_000, '10M': 10_000_000 } as const;
type Rate = keyof typeof rates;

/** Time that each file takes. */
const DURATION_MS = 7_000;
/** Time at the beginning that does not count. */
const WARM_UP_MS = 250;
/** The rate is checked over all windows of this length. */
const WINDOW_MS = 5_000;
/** As a share of the rate. */
const TOLERANCE = 0.05;
/** Maximum burst, as the time that it takes at the rate. */
const MAX_BURST_MS = 250;
/** Bytes that each connection writes at once: a test sees bytes after they are written. */
const BLOCK_BYTES = 1024 * 1024;

const name = (rate: Rate) => `at${rates[rate]}`;
const modelId = (rate: Rate) => Object.keys(rates).indexOf(rate) + 1;
const models = (Object.keys(rates) as Rate[]).map((rate) => {
  const size = (rates[rate] * DURATION_MS) / 1000;
  const only = file({ id: modelId(rate) + 20, name: `${name(rate)}.safetensors`, size, hashes: ['SHA256'] });
  const first = version({ id: modelId(rate) + 10, name: 'v1', files: [only] });
  return model({ id: modelId(rate), name: name(rate), versions: [first] });
});

it.override('serverOptions', { models });

// The tests run at the same time.
it.override('civitai', ({ server }) => server);

/** A measurement of a part file. */
interface Sample {
  /** The measurement was made between these two times, which may differ on a busy machine. */
  readonly after: number;
  readonly before: number;
  readonly bytes: number;
  /** Time for which the command and the server have waited for a processor. */
  readonly lostMs: number;
}

/** Returns how long a process has waited for a processor; 0 if unknown. */
async function waitedMs(pid: number | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid}/schedstat`, 'utf8').catch(() => '');
  return Number(text.split(' ')[1] ?? 0) / 1_000_000;
}

/** Returns the written bytes of a file, without the gaps that several connections leave. */
async function bytesOf(path: string): Promise<number> {
  const { size, blocks } = await stat(path).catch(() => ({ size: 0, blocks: 0 }));
  return Math.min(size, blocks * 512);
}

/** Downloads the file for a rate, and measures how it grows. */
async function sizesOverTime(rate: Rate, args: readonly string[], sandbox: Sandbox) {
  const target = sandbox.path(
    `models/${name(rate)}/${name(rate)}-mid_${modelId(rate)}-vid_${modelId(rate) + 10}.safetensors.part`,
  );
  const child = start('civitdl', [String(modelId(rate)), 'models', ...args], sandbox);
  const finished = ended(child);
  const samples: Sample[] = [];
  while (child.exitCode === null) {
    const after = performance.now();
    const bytes = await bytesOf(target);
    const before = performance.now();
    const lostMs = (await waitedMs(child.pid)) + (await waitedMs(process.pid));
    if (bytes > (samples.at(-1)?.bytes ?? 0)) samples.push({ after, before, bytes, lostMs });
    await wait(5);
  }
  const judged = (samples[0]?.before ?? 0) + WARM_UP_MS;
  return { samples: samples.filter(({ after }) => after > judged), ...(await finished) };
}

/**
 * Returns the received bytes of each window as a share of the rate. Minimum and maximum differ on a busy machine, which
 * delays measurements.
 */
function windows(samples: readonly Sample[], rate: number): readonly { min: number; max: number }[] {
  return samples.flatMap((from) => {
    const to = samples.find(({ after }) => after >= from.before + WINDOW_MS);
    if (!to) return [];
    const took = ((to.bytes - from.bytes) / rate) * 1000;
    const possible = to.after - from.before - (to.lostMs - from.lostMs);
    return [{ min: took / (to.before - from.after), max: took / possible }];
  });
}

/** Returns the longest burst, as the time that it takes at the rate. */
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
  unseen: 4 * BLOCK_BYTES,
} as const;

describe.concurrent('a limit of bytes per second', () => {
  it.for([...ways, together])(
    'of $what is kept over any five seconds',
    // On a very busy machine, a window may have no measurements.
    { retry: 2 },
    async ({ rate, typed, stored, unseen }, { sandbox }) => {
      if (stored.length > 0) await run('civitconfig', ['default', ...stored], sandbox);
      const { samples, status } = await sizesOverTime(rate, typed, sandbox);
      expect(status).toBe(0);
      const parts = windows(samples, rates[rate]);
      const tolerance = TOLERANCE + ((unseen / rates[rate]) * 1000) / WINDOW_MS;
      expect(parts.length).toBeGreaterThan(0);
      expect(Math.max(...parts.map(({ min }) => min))).toBeLessThan(1 + tolerance);
      expect(Math.min(...parts.map(({ max }) => max))).toBeGreaterThan(1 - tolerance);
      expect(longestBurst(samples, rates[rate])).toBeLessThan(MAX_BURST_MS + (unseen / rates[rate]) * 1000);
    },
  );
});
