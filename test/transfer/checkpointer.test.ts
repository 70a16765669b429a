import { describe, expect, it } from 'vitest';
import { RangeSet } from '../../src/transfer/byte-ranges.js';
import { Checkpointer } from '../../src/transfer/checkpointer.js';
import type { PartFile } from '../../src/transfer/part-file.js';
import { defaultTuning } from '../../src/transfer/tuning.js';

const tuning = {
  ...defaultTuning,
  firstJournalMs: 100,
  journalMs: 100,
  checkpointMs: 1_000,
  checkpointBytes: 500,
};

/** A part file whose steps last until the test ends them, and a clock that the test sets. */
function createCheckpointer(bytes = 0) {
  const done = new RangeSet([[0, bytes]]);
  const steps: string[] = [];
  let end: (error?: Error) => void = () => {};
  const step = (name: string) => () => {
    steps.push(name);
    return new Promise<void>((resolve, reject) => {
      end = (error) => (error ? reject(error) : resolve());
    });
  };
  const part = { done, journal: step('journal'), checkpoint: step('checkpoint') } as unknown as PartFile;
  let now = 5_000;
  const checkpointer = new Checkpointer(part, tuning, () => now);
  return {
    checkpointer,
    done,
    steps,
    end: async (error?: Error) => {
      end(error);
      await checkpointer.settled();
    },
    tick: (afterMs: number, size: number) => {
      now += afterMs;
      done.add(0, size);
      checkpointer.tick();
    },
  };
}

describe('a checkpointer', () => {
  it('starts journal entries by time, and checkpoints by time or size', async () => {
    const { tick, end, steps } = createCheckpointer();
    tick(99, 10);
    expect(steps).toEqual([]);
    tick(1, 20);
    expect(steps).toEqual(['journal']);
    await end();
    tick(900, 30);
    expect(steps).toEqual(['journal', 'checkpoint']);
    await end();
    tick(0, 30);
    await end();
    tick(10, 529);
    expect(steps).toEqual(['journal', 'checkpoint', 'journal']);
    tick(10, 530);
    expect(steps).toEqual(['journal', 'checkpoint', 'journal', 'checkpoint']);
  });

  it('runs one step at a time', async () => {
    const { tick, end, steps } = createCheckpointer();
    tick(100, 10);
    tick(100, 1_000);
    tick(5_000, 2_000);
    expect(steps).toEqual(['journal']);
    await end();
    tick(0, 2_000);
    expect(steps).toEqual(['journal', 'checkpoint']);
  });

  it('skips checkpoints without new bytes', async () => {
    const { tick, end, steps } = createCheckpointer(400);
    tick(1_000, 400);
    await end();
    tick(1_000, 400);
    await end();
    expect(steps).toEqual(['journal', 'journal']);
  });

  it('counts from zero after the part file was emptied', async () => {
    const { checkpointer, done, tick, end, steps } = createCheckpointer(10_000);
    await checkpointer.settled();
    done.clear();
    tick(0, 100);
    tick(10, 600);
    expect(steps).toEqual(['checkpoint']);
    await end();
  });

  it('throws the error of an earlier step', async () => {
    const { tick, end } = createCheckpointer();
    tick(100, 10);
    await end(new Error('The disk is full.'));
    expect(() => tick(0, 10)).toThrow('The disk is full.');
    expect(() => tick(0, 10)).toThrow('The disk is full.');
  });

  it('waits for the step that is under way', async () => {
    const { checkpointer, tick, end } = createCheckpointer();
    let isSettled = false;
    tick(100, 10);
    const settled = checkpointer.settled().then(() => {
      isSettled = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isSettled).toBe(false);
    await end();
    await settled;
    await checkpointer.settled();
  });
});
