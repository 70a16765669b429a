import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import {
  describeAllowed,
  formatValue,
  isValue,
  type NumberSpec,
  type OptionSpec,
  parseValue,
  type RateSpec,
  type SwitchSpec,
  type TextSpec,
} from '../../src/options/option-types.js';

const images: NumberSpec = {
  flags: '-i, --images <n>',
  group: '',
  description: '',
  kind: 'integer',
  default: 3,
  min: 0,
  max: 200,
};
const pause: NumberSpec = { ...images, flags: '--pause <s>', kind: 'number', max: 86_400 };
const rate: RateSpec = { flags: '--rate <bytes/s>', group: '', description: '', kind: 'rate', default: 0 };
const color: SwitchSpec = { flags: '--color', group: '', description: '', kind: 'switch', default: true };
const word: TextSpec = {
  flags: '--word <word>',
  group: '',
  description: '',
  kind: 'text',
  default: 'a',
  allowed: 'a word of small letters',
  accepts: (text) => /^[a-z]+$/.test(text),
};

describe('a typed value', () => {
  it.each([
    [images, '0', 0],
    [images, '200', 200],
    [images, ' 7 ', 7],
    [images, '007', 7],
    [images, '3.0', 3],
    [pause, '0', 0],
    [pause, '0.5', 0.5],
    [pause, '86400', 86_400],
    [rate, '0', 0],
    [rate, '0K', 0],
    [rate, '1', 1],
    [rate, '500', 500],
    [rate, '500K', 500_000],
    [rate, '0.5M', 500_000],
    [rate, '1.5M', 1_500_000],
    [rate, '2.5m', 2_500_000],
    [rate, '1.1k', 1_100],
    [rate, '0.001K', 1],
    [rate, '1.2345K', 1_235],
    [rate, '2G', 2_000_000_000],
    [rate, '1000G', 1_000_000_000_000],
    [rate, '1MB/s', 1_000_000],
    [rate, '1MB', 1_000_000],
    [rate, '1.5M/s', 1_500_000],
    [rate, '500KB', 500_000],
    [rate, '500kB/s', 500_000],
    [rate, '2GB', 2_000_000_000],
    [rate, '900B/s', 900],
    [rate, '900/s', 900],
    [rate, '0B/s', 0],
    [rate, '1KiB', 1_024],
    [rate, '1.5MiB/s', 1_572_864],
    [rate, '1GiB', 1_073_741_824],
    [word, 'word', 'word'],
    [word, ' word ', 'word'],
  ] as const)('for %o can be %j', (spec, text, value) => {
    expect(parseValue(spec, text)).toBe(value);
  });

  it.each([
    [images, '201'],
    [images, '-1'],
    [images, '1.5'],
    [images, ''],
    [images, ' '],
    [images, 'many'],
    [images, '1e2'],
    [images, '0x10'],
    [images, '+3'],
    [images, '1,5'],
    [images, '1 2'],
    [images, '٣'],
    [images, 'NaN'],
    [images, 'Infinity'],
    [images, '9'.repeat(400)],
    [pause, '86400.1'],
    [pause, '.5'],
    [pause, '5.'],
    [rate, '-1'],
    [rate, '-5M'],
    [rate, '1iB'],
    [rate, '1MiB/h'],
    [rate, '1Mi'],
    [rate, '1Mb/s'],
    [rate, '8Mbps'],
    [rate, '1MBB'],
    [rate, '1MB/'],
    [rate, '1 MB/s'],
    [rate, '1T'],
    [rate, '1 M'],
    [rate, 'M'],
    [rate, ''],
    [rate, '1.M'],
    [rate, '.5M'],
    [rate, '1e6'],
    [rate, '0.4'],
    [rate, '0.0001K'],
    [rate, '1001G'],
    [rate, '9'.repeat(400)],
    [word, 'Word'],
    [word, ''],
  ] as const)('for %o cannot be %j', (spec, text) => {
    expect(() => parseValue(spec, text)).toThrow(UsageError);
    expect(() => parseValue(spec, text)).toThrow(`${spec.flags}: '${text}' is not ${describeAllowed(spec)}.`);
  });
});

describe('a stored value', () => {
  it.each<readonly [spec: OptionSpec, value: unknown, fits: boolean]>([
    [color, false, true],
    [color, 0, false],
    [color, 'on', false],
    [images, 0, true],
    [images, 1.5, false],
    [images, '3', false],
    [images, null, false],
    [pause, 1.5, true],
    [pause, Number.NaN, false],
    [rate, 0, true],
    [rate, 1_500_000, true],
    [rate, 1.5, false],
    [rate, -1, false],
    [rate, '1.5M', false],
    [rate, 1e13, false],
    [word, 'word', true],
    [word, 'Word', false],
    [word, 7, false],
  ])('for %o may be %j: %s', (spec, value, fits) => {
    expect(isValue(spec, value)).toBe(fits);
  });
});

describe('a formatted value', () => {
  it.each<readonly [spec: OptionSpec, value: boolean | number | string, words: string]>([
    [color, true, 'on'],
    [color, false, 'off'],
    [images, 0, '0'],
    [pause, 0.5, '0.5'],
    [rate, 0, '0'],
    [rate, 999, '999'],
    [rate, 1_000, '1K'],
    [rate, 1_234, '1.234K'],
    [rate, 1_500_000, '1.5M'],
    [rate, 1_234_567, '1234.567K'],
    [rate, 2_000_000_000, '2G'],
    [word, 'word', 'word'],
  ])('for %o of %j is %j', (spec, value, words) => {
    expect(formatValue(spec, value)).toBe(words);
  });

  it('is parsed as the same rate', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000_000_000 }), (bytes) => {
        expect(parseValue(rate, formatValue(rate, bytes))).toBe(bytes);
      }),
    );
  });

  it('has a description of the allowed values', () => {
    expect([color, images, pause, rate, word].map(describeAllowed)).toEqual([
      'true or false',
      'a whole number from 0 to 200',
      'a number from 0 to 86400',
      'a rate in bytes per second, such as 500K, 1.5M or 2GB/s (K, M and G are powers of 1000; KiB, MiB and GiB of 1024; b would mean bits), or 0 for no limit',
      'a word of small letters',
    ]);
  });
});
