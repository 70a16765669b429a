import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median, ratios, spread } from './ratios.js';

const figures = fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1 });

describe('median', () => {
  it('is the middle, or the mean of the two middles', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 7])).toBe(6);
    expect(median([])).toBeNaN();
  });

  it('has as many figures above as below, in any order', () => {
    fc.assert(
      fc.property(figures, (values) => {
        const middle = median(values);
        const below = values.filter((value) => value < middle).length;
        const above = values.filter((value) => value > middle).length;
        expect(Math.max(below, above)).toBeLessThanOrEqual(values.length / 2);
        expect(median(values.toReversed())).toBe(middle);
      }),
    );
  });
});

describe('ratios', () => {
  it('compare the runs of the same round', () => {
    expect(ratios([2, 9], [1, 3])).toEqual([2, 3]);
  });

  it('are NaN for a round that the partner lacks', () => {
    expect(ratios([2, 9], [1])).toEqual([2, Number.NaN]);
  });
});

describe('spread', () => {
  it('shows the median, the minimum and the maximum', () => {
    expect(spread([1.9, 1.834, 1.8], 2)).toBe('1.83 (1.80..1.90)');
  });

  it('shows a single figure alone', () => {
    expect(spread([1.834], 2)).toBe('1.83');
  });
});
