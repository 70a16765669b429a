import { describe, expect, it } from 'vitest';
import { count, formatDuration } from '../../../src/cli/terminal/format.js';
import { formatBytes } from '../../../src/text.js';

describe('bytes', () => {
  it.each([
    [0, '0 B'],
    [1, '1 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [1024, '1.02 kB'],
    [12_345, '12.3 kB'],
    [123_456, '123 kB'],
    [3_150_000, '3.15 MB'],
    [2_132_625_894, '2.13 GB'],
    [6_938_040_682, '6.94 GB'],
    [1.5e12, '1.50 TB'],
    [1.5e15, '1500 TB'],
  ])('%d are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [999_999, '1.00 MB'],
    [9_999_999, '10.0 MB'],
    [99_960_000, '100 MB'],
  ])('%d keep three digits when they are rounded up: %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('a duration', () => {
  it.each([
    [0, '0 s'],
    [499, '0 s'],
    [500, '1 s'],
    [4_000, '4 s'],
    [59_400, '59 s'],
    [59_600, '1:00'],
    [125_000, '2:05'],
    [3_599_400, '59:59'],
    [3_599_600, '1:00:00'],
    [3_723_000, '1:02:03'],
    [90_000_000, '25:00:00'],
  ])('of %d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('a number of things', () => {
  it.each([
    [0, '0 images'],
    [1, '1 image'],
    [2, '2 images'],
  ])('is told with its noun: %d', (number, text) => {
    expect(count(number, 'image')).toBe(text);
  });
});
