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
