import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Prefetcher } from '../../src/download/prefetch.js';

/** Work on numbers that ends when it is told to, and how much of it was under way at one time. */
function work() {
  const ends = new Map<number, () => void>();
  const state = { most: 0, begun: 0, running: 0 };
  const begin = (item: number) => {
    state.begun++;
    state.most = Math.max(state.most, ++state.running);
    return new Promise<string>((resolve) => {
      ends.set(item, () => {
        state.running--;
        ends.delete(item);
        resolve(`done ${item}`);
      });
    });
  };
  return { state, begin, ends };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('looking ahead', () => {
  it('gives results in order, whatever ends first, and keeps its limits', async () => {
    const sizes = fc.record({
      count: fc.nat(12),
      ahead: fc.integer({ min: 1, max: 5 }),
      atATime: fc.integer({ min: 1, max: 5 }),
      last: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ count, ahead, atATime, last }) => {
        const { state, begin, ends } = work();
        const items = Array.from({ length: count }, (_, index) => index);
        const looking = new Prefetcher(items, begin, { ahead, concurrency: atATime });
        const results: string[] = [];
        for (let next = looking.next(); next; next = looking.next()) {
          let result: string | undefined;
          void next.then((value) => {
            result = value;
          });
          while (result === undefined) {
            expect(state.begun - results.length).toBeLessThanOrEqual(ahead + 1);
            const keys = [...ends.keys()];
            ends.get((last ? keys.at(-1) : keys[0]) ?? -1)?.();
            await settle();
          }
          results.push(result);
        }
        expect(results).toEqual(items.map((item) => `done ${item}`));
        expect(state.most).toBeLessThanOrEqual(atATime);
      }),
      { numRuns: 50 },
    );
  });

  it('is filled when as much is ready as may be ahead, or there is no more', async () => {
    for (const count of [0, 1, 2, 9]) {
      const { state, begin, ends } = work();
      const looking = new Prefetcher(Array(count).keys(), begin, { ahead: 2, concurrency: 2 });
      let isFilled = false;
      void looking.primed.then(() => {
        isFilled = true;
      });
      await settle();
      expect(isFilled).toBe(count === 0);
      for (const end of [...ends.values()]) end();
      await settle();
      expect(isFilled).toBe(true);
      expect(state.begun).toBe(Math.min(count, 2));
    }
  });
});
