import { beforeEach, describe, expect, it } from 'vitest';
import { Pacer } from '../../src/download/pacer.js';

/** A clock that only sleeping and the test move. */
let nowMs: number;
let waits: number[];
let pauses: number[];
beforeEach(() => {
  nowMs = 0;
  waits = [];
  pauses = [];
});

function pacer(jobs: number, sleep = async (_ms: number) => {}): Pacer {
  return new Pacer({
    pauseSeconds: 2,
    jobs,
    onPause: (seconds) => pauses.push(seconds),
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
    const pauser = pacer(1);
    for (let count = 0; count < 3; count++) {
      await pauser.waitForSlot();
      nowMs += 60_000;
      pauser.finished();
    }
    expect(waits).toEqual([2_000, 2_000]);
    expect(pauses).toEqual([2, 2]);
  });

  it('does not wait if none has finished', async () => {
    const pauser = pacer(1);
    await pauser.waitForSlot();
    await pauser.waitForSlot();
    expect(waits).toEqual([]);
  });
});

describe('with several jobs, downloads', () => {
  it('start one pause apart', async () => {
    const pauser = pacer(3);
    await Promise.all([1, 2, 3].map(() => pauser.waitForSlot()));
    expect(waits).toEqual([2_000, 2_000]);
    nowMs += 500;
    await pauser.waitForSlot();
    expect(waits.at(-1)).toBe(1_500);
    nowMs += 2_000;
    await pauser.waitForSlot();
    expect(waits).toHaveLength(3);
  });

  it('start although the pause of another one was interrupted', async () => {
    let isInterrupted = true;
    const pauser = pacer(2, async () => {
      if (isInterrupted) throw new Error('interrupted');
    });
    await pauser.waitForSlot();
    await expect(pauser.waitForSlot()).rejects.toThrow('interrupted');
    isInterrupted = false;
    await pauser.waitForSlot();
    expect(waits).toEqual([2_000, 2_000]);
  });
});
