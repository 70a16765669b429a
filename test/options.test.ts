import { describe, expect, it } from 'vitest';
import { UsageError } from '../src/errors.js';
import { allowedNumbers, mergeOptions, optionNames, optionSpecs, parseNumber } from '../src/options.js';

describe('options', () => {
  it('have the values of the contract where nobody says otherwise', () => {
    expect(mergeOptions()).toEqual({
      sorter: 'basic',
      maxImages: 3,
      nsfwMode: 1,
      withPrompt: true,
      withoutModel: false,
      retryCount: 3,
      pauseTime: 3,
      strictMode: 1,
      modelOverwrite: false,
      withColor: true,
    });
  });

  it('are those that were typed, then those that are stored', () => {
    const typed = { maxImages: 5, withPrompt: undefined };
    const stored = { maxImages: 7, withPrompt: false, nsfwMode: 2 };
    expect(mergeOptions(typed, stored)).toMatchObject({
      maxImages: 5,
      withPrompt: false,
      nsfwMode: 2,
      retryCount: 3,
    });
  });

  it('are zero or off where that was said', () => {
    const typed = {
      maxImages: 0,
      nsfwMode: 0,
      retryCount: 0,
      pauseTime: 0,
      strictMode: 0,
      withPrompt: false,
    };
    expect(mergeOptions(typed, { maxImages: 7, nsfwMode: 2, withPrompt: true })).toMatchObject(typed);
  });

  it('have values that they allow themselves', () => {
    for (const name of optionNames) {
      const spec = optionSpecs[name];
      if (spec.kind === 'integer' || spec.kind === 'number')
        expect(parseNumber(spec, String(spec.fallback))).toBe(spec.fallback);
    }
  });
});

describe('a number that is typed', () => {
  const { maxImages, pauseTime, nsfwMode } = optionSpecs;

  it.each([
    [maxImages, '0', 0],
    [maxImages, '200', 200],
    [maxImages, ' 7 ', 7],
    [maxImages, '007', 7],
    [maxImages, '3.0', 3],
    [pauseTime, '0', 0],
    [pauseTime, '0.5', 0.5],
    [pauseTime, '86400', 86_400],
    [nsfwMode, '2', 2],
  ])('for %o can be %j', (spec, text, value) => {
    expect(parseNumber(spec, text)).toBe(value);
  });

  it.each([
    [maxImages, '201'],
    [maxImages, '-1'],
    [maxImages, '1.5'],
    [maxImages, ''],
    [maxImages, ' '],
    [maxImages, 'many'],
    [maxImages, '1e2'],
    [maxImages, '0x10'],
    [maxImages, '+3'],
    [maxImages, '1,5'],
    [maxImages, '1 2'],
    [maxImages, '٣'],
    [maxImages, 'NaN'],
    [maxImages, 'Infinity'],
    [maxImages, '9'.repeat(400)],
    [pauseTime, '86400.1'],
    [pauseTime, '.5'],
    [pauseTime, '5.'],
    [nsfwMode, '3'],
  ])('for %o cannot be %j', (spec, text) => {
    expect(() => parseNumber(spec, text)).toThrow(UsageError);
    expect(() => parseNumber(spec, text)).toThrow(`${spec.flags}: '${text}' is not ${allowedNumbers(spec)}.`);
  });

  it('is described in words', () => {
    expect(allowedNumbers(maxImages)).toBe('a whole number from 0 to 200');
    expect(allowedNumbers(pauseTime)).toBe('a number from 0 to 86400');
  });
});
