import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Throttle } from '../../src/http/rate-limiter.js';

interface Arrival {
  readonly at: number;
  readonly bytes: number;
}

interface Readers {
  readonly rate: number;
  readonly connections: number;
  readonly chunk: number;
  /** Milliseconds by which a timer is late. */
  readonly late: number;
}

/** Readers that take as much as they are allowed to, of a network without limit, for that many milliseconds. */
function simulate({ rate, connections, chunk, late }: Readers, duration: number): Arrival[] {
  let now = 0;
  const throttle = new Throttle(rate, () => now);
  const arrivals: Arrival[] = [];
  const next = Array.from({ length: connections }, () => 0);
  for (;;) {
    const turn = next.indexOf(Math.min(...next));
    now = next[turn] ?? 0;
    if (now >= duration) return arrivals;
    arrivals.push({ at: now, bytes: chunk });
    const wait = throttle.count(chunk);
    next[turn] = now + wait + (wait > 0 ? late : 0.01);
  }
}

/** Bytes of the fullest and of the emptiest window of that many milliseconds, looked for in steps of a tenth of it. */
function windows(arrivals: readonly Arrival[], length: number, duration: number) {
  const step = length / 10;
  const steps = new Array<number>(Math.floor(duration / step)).fill(0);
  for (const { at, bytes } of arrivals) {
    const index = Math.floor(at / step);
    if (index < steps.length) steps[index] = (steps[index] ?? 0) + bytes;
  }
  const sums = steps
    .slice(0, -9)
    .map((_, from) => steps.slice(from, from + 10).reduce((sum, bytes) => sum + bytes));
  return { most: Math.max(...sums), least: Math.min(...sums) };
}

const readers = fc.record({
  rate: fc.integer({ min: 500_000, max: 10_000_000 }),
  connections: fc.integer({ min: 1, max: 8 }),
  chunk: fc.constantFrom(1_000, 16_384),
  late: fc.integer({ min: 0, max: 15 }),
});

describe('a limit of bytes per second', () => {
  it('is kept within five percent over any five seconds, however many connections read', () => {
    fc.assert(
      fc.property(readers, (given) => {
        // What has come before anybody could wait, a chunk for each connection, is not to be judged here.
        const chunk = Math.min(given.chunk, given.rate / 500);
        const { most, least } = windows(simulate({ ...given, chunk }, 12_000), 5_000, 12_000);
        expect(most / (5 * given.rate)).toBeLessThan(1.05);
        expect(least / (5 * given.rate)).toBeGreaterThan(0.95);
      }),
      { numRuns: 20 },
    );
  });

  it('lets no more than a quarter of a second is worth come at once', () => {
    fc.assert(
      fc.property(readers, ({ rate, connections, late }) => {
        const chunk = rate / 200;
        const { most } = windows(simulate({ rate, connections, chunk, late }, 1_000), 20, 1_000);
        expect(most / rate).toBeLessThan(0.02 + 0.25);
      }),
      { numRuns: 20 },
    );
  });

  it('does not save up what a quiet time left', () => {
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
  ])('of %i lets each of %i readers take %i at a time', (rate, count, bytes) => {
    expect(new Throttle(rate, () => 0).readSize(count, 65_536)).toBe(bytes);
  });

  it('makes one wait for what another has taken', () => {
    const throttle = new Throttle(1_000, () => 0);
    expect(throttle.count(1_050)).toBeCloseTo(1_000);
    expect(throttle.count(500)).toBeCloseTo(1_500);
  });
});
