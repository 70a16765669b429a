import { describe, expect, it } from 'vitest';
import { RangeSet } from '../../src/transfer/byte-ranges.js';
import { Checkpointer } from '../../src/transfer/destination.js';
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
function keeperOf(bytes = 0) {
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
    /** Looks after that many milliseconds, when the file has that many bytes. */
    look: (after: number, size: number) => {
      now += after;
      done.add(0, size);
      checkpointer.tick();
    },
  };
}

describe('the record of a part file', () => {
  it('is noted ten times a second, and flushed after so much time or so many bytes', async () => {
    const { look, end, steps } = keeperOf();
    look(99, 10);
    expect(steps).toEqual([]);
    look(1, 20);
    expect(steps).toEqual(['journal']);
    await end();
    look(900, 30);
    expect(steps).toEqual(['journal', 'checkpoint']);
    await end();
    look(0, 30);
    await end();
    look(10, 529);
    expect(steps).toEqual(['journal', 'checkpoint', 'journal']);
    look(10, 530);
    expect(steps).toEqual(['journal', 'checkpoint', 'journal', 'checkpoint']);
  });

  it('is worked at one step at a time', async () => {
    const { look, end, steps } = keeperOf();
    look(100, 10);
    look(100, 1_000);
    look(5_000, 2_000);
    expect(steps).toEqual(['journal']);
    await end();
    look(0, 2_000);
    expect(steps).toEqual(['journal', 'checkpoint']);
  });

  it('is not flushed where nothing has come since', async () => {
    const { look, end, steps } = keeperOf(400);
    look(1_000, 400);
    await end();
    look(1_000, 400);
    await end();
    expect(steps).toEqual(['journal', 'journal']);
  });

  it('is flushed as soon after the file has started over as before', async () => {
    const { checkpointer, done, look, end, steps } = keeperOf(10_000);
    await checkpointer.settled();
    done.clear();
    look(0, 100);
    look(10, 600);
    expect(steps).toEqual(['checkpoint']);
    await end();
  });

  it('that can not be written ends the transfer', async () => {
    const { look, end } = keeperOf();
    look(100, 10);
    await end(new Error('The disk is full.'));
    expect(() => look(0, 10)).toThrow('The disk is full.');
    expect(() => look(0, 10)).toThrow('The disk is full.');
  });

  it('can be waited for', async () => {
    const { checkpointer, look, end } = keeperOf();
    let isAtRest = false;
    look(100, 10);
    const rest = checkpointer.settled().then(() => {
      isAtRest = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isAtRest).toBe(false);
    await end();
    await rest;
    await checkpointer.settled();
  });
});
