import { describe, expect, it } from 'vitest';
import { Speed } from '../../../src/cli/terminal/speed.js';

/** The speed after samples of [milliseconds, bytes]. */
function speedOf(...samples: readonly (readonly [at: number, bytes: number])[]): number | undefined {
  const speed = new Speed();
  for (const [at, bytes] of samples) speed.add(bytes, at);
  return speed.bytesPerSecond;
}

describe('a speed', () => {
  it('is not known from nothing, from one sample, or from one moment', () => {
    expect(speedOf()).toBeUndefined();
    expect(speedOf([0, 5])).toBeUndefined();
    expect(speedOf([0, 5], [0, 10])).toBeUndefined();
  });

  it('is that of the bytes since the first sample', () => {
    expect(speedOf([0, 0], [1000, 2000])).toBe(2000);
    expect(speedOf([500, 100], [1000, 600], [1500, 1100])).toBe(1000);
  });

  it('does not count what was there already', () => {
    expect(speedOf([0, 5_000_000], [1000, 5_001_000])).toBe(1000);
  });

  it('looks back a few seconds only', () => {
    const samples = Array.from(
      { length: 100 },
      (_, second) => [second * 1000, second < 50 ? 0 : (second - 50) * 7000] as const,
    );
    expect(speedOf(...samples)).toBe(7000);
  });

  it('falls when nothing comes any more', () => {
    const seconds = Array.from(
      { length: 20 },
      (_, second) => [second * 1000, Math.min(second, 5) * 1000] as const,
    );
    expect(speedOf(...seconds)).toBe(0);
  });

  it('is right though chunks come faster than it samples', () => {
    const chunks = Array.from({ length: 10_001 }, (_, ms) => [ms, ms * 16] as const);
    expect(speedOf(...chunks)).toBeCloseTo(16_000, 5);
  });
});

describe('the time left', () => {
  /** The estimates for 11 MB of a connection that becomes faster, as every one does. */
  function estimates(waitMs: number): readonly (number | undefined)[] {
    const speed = new Speed();
    for (let at = 0; at <= waitMs; at += 100) speed.add(0, at);
    const received = [7_000, 500_000, 1_500_000, 2_500_000, 3_500_000, 4_500_000];
    return received.map((bytes, second) => {
      speed.add(bytes, waitMs + 100 + second * 1000);
      const ms = speed.msLeft(11_000_000 - bytes);
      return ms === undefined ? undefined : Math.round(ms / 1000);
    });
  }

  it.each([0, 20_000])('is not known in the first three seconds after a wait of %i ms', (waitMs) => {
    expect(estimates(waitMs)).toEqual([undefined, undefined, undefined, 11, 9, 7]);
  });

  it('is not known of nothing, of a stall, or of what hardly moves', () => {
    const speed = new Speed();
    expect(speed.msLeft(1000)).toBeUndefined();
    speed.add(0, 0);
    speed.add(10, 4_000);
    expect(speed.msLeft(0)).toBeUndefined();
    expect(speed.msLeft(10)).toBe(4_000);
    expect(speed.msLeft(10_000_000)).toBeUndefined();
    for (let at = 4_000; at <= 10_000; at += 500) speed.add(10, at);
    expect(speed.msLeft(10)).toBeUndefined();
  });
});
