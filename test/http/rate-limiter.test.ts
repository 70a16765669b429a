import { expect, it } from 'vitest';
import { TokenBucket } from '../../src/http/rate-limiter.js';

it('lets a burst pass, and then as many per second as it is told', () => {
  let now = 0;
  const bucket = new TokenBucket({ burst: 3, perSecond: 10 }, () => now);
  expect(Array.from({ length: 5 }, () => bucket.take())).toEqual([0, 0, 0, 100, 200]);
  now = 200;
  expect(bucket.take()).toBe(100);
});

it('never saves up more than a burst', () => {
  let now = 0;
  const bucket = new TokenBucket({ burst: 2, perSecond: 10 }, () => now);
  now = 60_000;
  expect(Array.from({ length: 3 }, () => bucket.take())).toEqual([0, 0, 100]);
});
