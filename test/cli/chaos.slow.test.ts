import { expect, it } from 'vitest';
import { chaos } from '../support/chaos.js';

it('is right in the end, however often it was killed on the way', async () => {
  const size = 24_000_000;
  const result = await chaos({ rounds: 4, seed: 7, size, rate: 3_000_000, longestLife: 1_500 });
  expect(result.kills).toBe(4);
  expect(result.files).toBeGreaterThan(0);
  expect(result.right).toBe(result.files);
  expect(result.leftovers).toEqual([]);
  // A small file over a fast line loses more of itself with each kill than one of gigabytes.
  expect(result.sent).toBeLessThan(result.needed * 1.3);
});
