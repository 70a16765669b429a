import { describe, expect, it } from 'vitest';
import { runWorkers } from '../../src/transfer/worker-pool.js';

/** Milliseconds between two looks. */
const EVERY = 2;
const { signal } = new AbortController();
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Work that lasts until the test ends it, or the workers does. */
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

function crewOf(given: { wanted?: () => number; signal?: AbortSignal } = {}) {
  const jobs: Job[] = [];
  const working = runWorkers({
    work: (ended) => {
      const job = new Job(ended);
      jobs.push(job);
      return job.ended;
    },
    desiredCount: given.wanted ?? (() => 1),
    intervalMs: EVERY,
    signal: given.signal ?? signal,
  });
  return { jobs, working };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(EVERY);
}

describe('a workers', () => {
  it('starts with one, and ends when nobody is left', async () => {
    const { jobs, working } = crewOf();
    expect(jobs).toHaveLength(1);
    jobs[0]?.end();
    await working;
    await pause(3 * EVERY);
    expect(jobs).toHaveLength(1);
  });

  it('grows to the number that is wanted, and hires for those that leave', async () => {
    let wanted = 3;
    const { jobs, working } = crewOf({ wanted: () => wanted });
    await until(() => jobs.length === 3);
    jobs[0]?.end();
    await until(() => jobs.length === 4);
    wanted = 1;
    for (const job of jobs) job.end();
    await working;
    expect(jobs).toHaveLength(4);
  });

  it('ends with what the first of them failed with, when all have ended', async () => {
    const { jobs, working } = crewOf({ wanted: () => 2 });
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
    await pause(3 * EVERY);
    expect(hasEnded).toBe(false);
    second?.fail(new Error('second'));
    await failed;
    expect(jobs).toHaveLength(2);
  });

  it('ends with what a look fails with', async () => {
    const { jobs, working } = crewOf({
      wanted: () => {
        throw new Error('look');
      },
    });
    await expect(working).rejects.toThrow('look');
    expect(jobs).toHaveLength(1);
  });

  it('passes a failure on even when it is nothing', async () => {
    const { jobs, working } = crewOf();
    jobs[0]?.fail(undefined);
    await expect(working).rejects.toBeUndefined();
  });

  it('ends with the reason of its signal, also when its workers just stop', async () => {
    const controller = new AbortController();
    const reason = new Error('interrupted');
    const { working } = crewOf({ signal: controller.signal });
    controller.abort(reason);
    await expect(working).rejects.toBe(reason);
  });
});
