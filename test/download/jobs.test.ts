import { describe, expect, it } from 'vitest';
import { runJobs } from '../../src/download/jobs.js';

/** Items that are in progress, with the functions that let each continue. */
interface Item {
  readonly almostDone: () => void;
  readonly finish: () => void;
  readonly fail: (error: Error) => void;
}

/** Runs so many items; each stays in progress until the test lets it continue. */
function start(count: number, jobs: number) {
  const numbers = Array(count).keys();
  const inProgress = new Map<number, Item>();
  const started: number[] = [];
  const next = () => {
    const { value, done } = numbers.next();
    return done ? undefined : Promise.resolve(value);
  };
  const done = runJobs(next, jobs, (number, almostDone) => {
    started.push(number);
    return new Promise<void>((resolve, reject) => {
      inProgress.set(number, { almostDone, finish: resolve, fail: reject });
    }).finally(() => inProgress.delete(number));
  });
  return { done, started, inProgress };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('jobs', () => {
  it('start an item after another one has ended', async () => {
    const { done, started, inProgress } = start(3, 2);
    await settle();
    expect(started).toEqual([0, 1]);
    inProgress.get(1)?.finish();
    await settle();
    expect(started).toEqual([0, 1, 2]);
    for (const { finish } of inProgress.values()) finish();
    await done;
  });

  it('start an item after another one is almost done, but none while there are twice as many as jobs', async () => {
    const { done, started, inProgress } = start(9, 2);
    await settle();
    for (let round = 0; round < 4; round++) {
      for (const { almostDone } of inProgress.values()) almostDone();
      await settle();
    }
    expect(started).toEqual([0, 1, 2, 3]);
    inProgress.get(0)?.finish();
    await settle();
    expect(started.length).toBeGreaterThan(4);
    while (inProgress.size > 0) {
      for (const { finish } of inProgress.values()) finish();
      await settle();
    }
    await done;
    expect(started).toHaveLength(9);
  });

  it('do not overlap items if there is only one', async () => {
    const { done, started, inProgress } = start(2, 1);
    await settle();
    inProgress.get(0)?.almostDone();
    await settle();
    expect(started).toEqual([0]);
    inProgress.get(0)?.finish();
    await settle();
    inProgress.get(1)?.finish();
    await done;
  });

  it('wait for items that are almost done', async () => {
    const { done, inProgress } = start(1, 2);
    let hasEnded = false;
    void done.then(() => {
      hasEnded = true;
    });
    await settle();
    inProgress.get(0)?.almostDone();
    await settle();
    expect(hasEnded).toBe(false);
    inProgress.get(0)?.finish();
    await done;
  });

  it('end with an unexpected error', async () => {
    const { done, inProgress } = start(1, 2);
    await settle();
    inProgress.get(0)?.fail(new Error('unexpected'));
    await expect(done).rejects.toThrow('unexpected');
  });
});
