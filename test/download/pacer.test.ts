import { beforeEach, describe, expect, it } from 'vitest';
import { Pacer } from '../../src/download/pacer.js';

/** A clock that only sleeping and the test move. */
let nowMs: number;
let waits: number[];
let pauseTimes: number[];
beforeEach(() => {
  nowMs = 0;
  waits = [];
  pauseTimes = [];
});

function createPacer(jobs: number, sleep = async (_ms: number) => {}): Pacer {
  return new Pacer({
    pauseSeconds: 2,
    jobs,
    onPause: (seconds) => pauseTimes.push(seconds),
    sleep: async (ms) => {
      waits.push(ms);
      await sleep(ms);
      nowMs += ms;
    },
    signal: new AbortController().signal,
    monotonic: () => nowMs,
  });
}

describe('with one job, a download', () => {
  it('waits after the end of the one before', async () => {
    const pacer = createPacer(1);
    for (let count = 0; count < 3; count++) {
      await pacer.waitForSlot();
      nowMs += 60_000;
      pacer.finished();
    }
    expect(waits).toEqual([2_000, 2_000]);
    expect(pauseTimes).toEqual([2, 2]);
  });

  it('does not wait if none has finished', async () => {
    const pacer = createPacer(1);
    await pacer.waitForSlot();
    await pacer.waitForSlot();
    expect(waits).toEqual([]);
  });
});

describe('with several jobs, downloads', () => {
  it('start one pause apart', async () => {
    const pacer = createPacer(3);
    await Promise.all([1, 2, 3].map(() => pacer.waitForSlot()));
    expect(waits).toEqual([2_000, 2_000]);
    nowMs += 500;
    await pacer.waitForSlot();
    expect(waits.at(-1)).toBe(1_500);
    nowMs += 2_000;
    await pacer.waitForSlot();
    expect(waits).toHaveLength(3);
  });

  it('start although the pause of another one was interrupted', async () => {
    let isInterrupted = true;
    const pacer = createPacer(2, async () => {
      if (isInterrupted) throw new Error('interrupted');
    });
    await pacer.waitForSlot();
    await expect(pacer.waitForSlot()).rejects.toThrow('interrupted');
    isInterrupted = false;
    await pacer.waitForSlot();
    expect(waits).toEqual([2_000, 2_000]);
  });
});
