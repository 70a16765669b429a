import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimiter, Throttle } from '../../src/http/rate-limiter.js';

describe('a rate limiter', () => {
  it('allows a burst at once and spaces the rest', () => {
    let now = 0;
    const limiter = new RateLimiter({ burst: 3, perSecond: 10 }, () => now);
    expect(Array.from({ length: 5 }, () => limiter.take(1))).toEqual([0, 0, 0, 100, 200]);
    now = 200;
    expect(limiter.take(1)).toBe(100);
  });

  it('never saves up more than a burst', () => {
    let now = 0;
    const limiter = new RateLimiter({ burst: 2, perSecond: 10 }, () => now);
    now = 60_000;
    expect(Array.from({ length: 3 }, () => limiter.take(1))).toEqual([0, 0, 100]);
  });

  it('takes any amount, on credit if necessary', () => {
    let now = 0;
    const limiter = new RateLimiter({ burst: 10, perSecond: 10 }, () => now);
    expect([limiter.take(10), limiter.take(5), limiter.take(10)]).toEqual([0, 500, 1_500]);
    now = 2_000;
    expect([limiter.take(5), limiter.take(1)]).toEqual([0, 100]);
  });
});

interface Arrival {
  readonly at: number;
  readonly bytes: number;
}

interface Readers {
  readonly rate: number;
  readonly connections: number;
  readonly chunk: number;
  /** How late a timer fires. */
  readonly lateMs: number;
}

/** Simulates connections that read as much as they may from a network without limit. */
function simulate({ rate, connections, chunk, lateMs }: Readers, durationMs: number): Arrival[] {
  let now = 0;
  const throttle = new Throttle(rate, () => now);
  const arrivals: Arrival[] = [];
  const next = Array.from({ length: connections }, () => 0);
  for (;;) {
    const index = next.indexOf(Math.min(...next));
    now = next[index] ?? 0;
    if (now >= durationMs) return arrivals;
    arrivals.push({ at: now, bytes: chunk });
    const waitMs = throttle.count(chunk);
    next[index] = now + waitMs + (waitMs > 0 ? lateMs : 0.01);
  }
}

/** Returns the bytes of the fullest and of the emptiest window of a length, sampled in steps of a tenth of it. */
function windows(arrivals: readonly Arrival[], lengthMs: number, durationMs: number) {
  const step = lengthMs / 10;
  const steps = new Array<number>(Math.floor(durationMs / step)).fill(0);
  for (const { at, bytes } of arrivals) {
    const index = Math.floor(at / step);
    if (index < steps.length) steps[index] = (steps[index] ?? 0) + bytes;
  }
  const sums = steps
    .slice(0, -9)
    .map((_, from) => steps.slice(from, from + 10).reduce((sum, bytes) => sum + bytes));
  return { max: Math.max(...sums), min: Math.min(...sums) };
}

const readers = fc.record({
  rate: fc.integer({ min: 500_000, max: 10_000_000 }),
  connections: fc.integer({ min: 1, max: 8 }),
  chunk: fc.constantFrom(1_000, 16_384),
  lateMs: fc.integer({ min: 0, max: 15 }),
});

describe('a throttle', () => {
  it('keeps its rate within five percent over any five seconds, with any number of connections', () => {
    fc.assert(
      fc.property(readers, (given) => {
        // Small chunks, because each connection reads its first one before it can wait.
        const chunk = Math.min(given.chunk, given.rate / 500);
        const { max, min } = windows(simulate({ ...given, chunk }, 12_000), 5_000, 12_000);
        expect(max / (5 * given.rate)).toBeLessThan(1.05);
        expect(min / (5 * given.rate)).toBeGreaterThan(0.95);
      }),
      { numRuns: 20 },
    );
  });

  it('lets at most a quarter of a second of bytes arrive at once', () => {
    fc.assert(
      fc.property(readers, ({ rate, connections, lateMs }) => {
        const chunk = rate / 200;
        const { max } = windows(simulate({ rate, connections, chunk, lateMs }, 1_000), 20, 1_000);
        expect(max / rate).toBeLessThan(0.02 + 0.25);
      }),
      { numRuns: 20 },
    );
  });

  it('saves up at most a quarter of a second of a pause', () => {
    let now = 0;
    const throttle = new Throttle(1_000_000, () => now);
    throttle.count(1_000);
    now = 60_000;
    let burst = 0;
    while (throttle.count(1_000) === 0) burst += 1_000;
    expect(burst).toBeLessThanOrEqual(250_000);
  });

  it.each([
    [10_000_000, 1, 65_536],
    [10_000_000, 16, 31_250],
    [1_000_000, 1, 50_000],
    [200_000, 4, 2_500],
    [1_000, 1, 1_024],
  ])('of %i bytes per second lets each of %i connections read %i bytes at a time', (rate, count, bytes) => {
    expect(new Throttle(rate, () => 0).readSize(count, 65_536)).toBe(bytes);
  });

  it('makes one connection wait for the bytes of another', () => {
    const throttle = new Throttle(1_000, () => 0);
    expect(throttle.count(1_050)).toBeCloseTo(1_000);
    expect(throttle.count(500)).toBeCloseTo(1_500);
  });
});
