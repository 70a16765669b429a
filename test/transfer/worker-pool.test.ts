import { describe, expect, it } from 'vitest';
import { runWorkers } from '../../src/transfer/worker-pool.js';

const INTERVAL_MS = 2;
const { signal } = new AbortController();
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Work that lasts until the test or the pool ends it. */
class Job {
  readonly ended: Promise<void>;
  end: () => void = () => {};
  fail: (error: unknown) => void = () => {};

  constructor(signal: AbortSignal) {
    this.ended = new Promise((resolve, reject) => {
      this.end = resolve;
      this.fail = reject;
    });
    signal.addEventListener('abort', () => this.end(), { once: true });
  }
}

function startPool(given: { count?: () => number; signal?: AbortSignal } = {}) {
  const jobs: Job[] = [];
  const working = runWorkers({
    work: (ended) => {
      const job = new Job(ended);
      jobs.push(job);
      return job.ended;
    },
    desiredCount: given.count ?? (() => 1),
    intervalMs: INTERVAL_MS,
    signal: given.signal ?? signal,
  });
  return { jobs, working };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(INTERVAL_MS);
}

describe('runWorkers', () => {
  it('starts one worker and ends with the last', async () => {
    const { jobs, working } = startPool();
    expect(jobs).toHaveLength(1);
    jobs[0]?.end();
    await working;
    await pause(3 * INTERVAL_MS);
    expect(jobs).toHaveLength(1);
  });

  it('starts workers up to the desired number and replaces ended ones', async () => {
    let count = 3;
    const { jobs, working } = startPool({ count: () => count });
    await until(() => jobs.length === 3);
    jobs[0]?.end();
    await until(() => jobs.length === 4);
    count = 1;
    for (const job of jobs) job.end();
    await working;
    expect(jobs).toHaveLength(4);
  });

  it('throws the first error after all workers have ended', async () => {
    const { jobs, working } = startPool({ count: () => 2 });
    let hasEnded = false;
    const failed = expect(
      working.finally(() => {
        hasEnded = true;
      }),
    ).rejects.toThrow('first');
    await until(() => jobs.length === 2);
    const [first, second] = jobs;
    if (second) second.end = () => {};
    first?.fail(new Error('first'));
    await pause(3 * INTERVAL_MS);
    expect(hasEnded).toBe(false);
    second?.fail(new Error('second'));
    await failed;
    expect(jobs).toHaveLength(2);
  });

  it('throws the error of desiredCount', async () => {
    const { jobs, working } = startPool({
      count: () => {
        throw new Error('count');
      },
    });
    await expect(working).rejects.toThrow('count');
    expect(jobs).toHaveLength(1);
  });

  it('throws even an undefined error', async () => {
    const { jobs, working } = startPool();
    jobs[0]?.fail(undefined);
    await expect(working).rejects.toBeUndefined();
  });

  it('throws the reason of the signal, even if the workers end without an error', async () => {
    const controller = new AbortController();
    const reason = new Error('interrupted');
    const { working } = startPool({ signal: controller.signal });
    controller.abort(reason);
    await expect(working).rejects.toBe(reason);
  });
});
