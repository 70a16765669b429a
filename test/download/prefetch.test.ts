import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Prefetcher } from '../../src/download/prefetch.js';

/** Work on numbers that ends when the test ends it, with counts of it. */
function startWork() {
  const ends = new Map<number, () => void>();
  const counts = { max: 0, started: 0, running: 0 };
  const start = (item: number) => {
    counts.started++;
    counts.max = Math.max(counts.max, ++counts.running);
    return new Promise<string>((resolve) => {
      ends.set(item, () => {
        counts.running--;
        ends.delete(item);
        resolve(`done ${item}`);
      });
    });
  };
  return { counts, start, ends };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a prefetcher', () => {
  it('returns results in order, whatever ends first, and keeps its limits', async () => {
    const sizes = fc.record({
      count: fc.nat(12),
      maxAhead: fc.integer({ min: 1, max: 5 }),
      concurrency: fc.integer({ min: 1, max: 5 }),
      endsLast: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ count, maxAhead, concurrency, endsLast }) => {
        const { counts, start, ends } = startWork();
        const items = Array.from({ length: count }, (_, index) => index);
        const prefetcher = new Prefetcher(items, start, { maxAhead, concurrency });
        const results: string[] = [];
        for (let next = prefetcher.next(); next; next = prefetcher.next()) {
          let result: string | undefined;
          void next.then((value) => {
            result = value;
          });
          while (result === undefined) {
            expect(counts.started - results.length).toBeLessThanOrEqual(maxAhead + 1);
            const keys = [...ends.keys()];
            ends.get((endsLast ? keys.at(-1) : keys[0]) ?? -1)?.();
            await settle();
          }
          results.push(result);
        }
        expect(results).toEqual(items.map((item) => `done ${item}`));
        expect(counts.max).toBeLessThanOrEqual(concurrency);
      }),
      { numRuns: 50 },
    );
  });

  it('is primed when all results are ready, or as many as may be ahead', async () => {
    for (const count of [0, 1, 2, 9]) {
      const { counts, start, ends } = startWork();
      const prefetcher = new Prefetcher(Array(count).keys(), start, { maxAhead: 2, concurrency: 2 });
      let isPrimed = false;
      void prefetcher.primed.then(() => {
        isPrimed = true;
      });
      await settle();
      expect(isPrimed).toBe(count === 0);
      for (const end of [...ends.values()]) end();
      await settle();
      expect(isPrimed).toBe(true);
      expect(counts.started).toBe(Math.min(count, 2));
    }
  });
});
