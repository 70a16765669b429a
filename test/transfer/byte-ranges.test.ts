import { describe, expect, it } from 'vitest';
import {
  parseContentRange,
  parseUnsatisfiedRange,
  rangeHeaders,
  type Validator,
  validatorOf,
} from '../../src/transfer/byte-ranges.js';

describe('a Content-Range', () => {
  it.each([
    ['bytes 0-9/100', { start: 0, end: 10, total: 100 }],
    ['bytes 5-5/6', { start: 5, end: 6, total: 6 }],
    ['bytes 0-9/*', { start: 0, end: 10, total: undefined }],
    [' bytes 0-9/100 ', { start: 0, end: 10, total: 100 }],
    ['bytes 4294967296-8589934591/8589934592', { start: 4294967296, end: 8589934592, total: 8589934592 }],
    ['bytes 0-0/1', { start: 0, end: 1, total: 1 }],
    ['bytes 9-0/100', undefined],
    ['bytes 0-100/100', undefined],
    ['bytes */100', undefined],
    ['bytes -9/100', undefined],
    ['bytes 0-/100', undefined],
    ['bytes 0-9', undefined],
    ['bytes=0-9/100', undefined],
    ['items 0-9/100', undefined],
    ['0-9/100', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j is understood as it is meant', (value, range) => {
    expect(parseContentRange(value)).toEqual(range);
  });

  it.each([
    ['bytes */100', 100],
    ['bytes */0', 0],
    [' bytes */7 ', 7],
    ['bytes */*', undefined],
    ['bytes 0-9/100', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j of a range that is not there tells the size', (value, size) => {
    expect(parseUnsatisfiedRange(value)).toBe(size);
  });
});

describe('the headers that ask for a part', () => {
  const origin = 'https://storage.example';
  const validator = { origin, entityTag: '"abc"' };

  it.each<
    readonly [
      what: string,
      start: number,
      end: number | undefined,
      given: Validator | undefined,
      headers: Record<string, string>,
    ]
  >([
    ['are none for the whole', 0, undefined, validator, {}],
    ['ask from a byte on', 5, undefined, undefined, { range: 'bytes=5-' }],
    ['ask for a part', 5, 10, undefined, { range: 'bytes=5-9' }],
    ['ask for the first part', 0, 1, undefined, { range: 'bytes=0-0' }],
    ['ask for the same state of the file', 5, 10, validator, { range: 'bytes=5-9', 'if-range': '"abc"' }],
    [
      'do not use the tag of another host',
      5,
      undefined,
      { ...validator, origin: 'https://other.example' },
      { range: 'bytes=5-' },
    ],
  ])('%s', (_what, start, end, given, headers) => {
    expect(rangeHeaders(start, end, origin, given)).toEqual(headers);
  });
});

describe('an entity tag', () => {
  const origin = 'https://storage.example';
  it.each([
    ['"abc"', { origin, entityTag: '"abc"' }],
    ['"abc-12"', { origin, entityTag: '"abc-12"' }],
    ['""', { origin, entityTag: '""' }],
    // What can't be sent back as it came is of no use.
    ['"abc', undefined],
    ['"a", "b"', undefined],
    ['"caf\u00e9"', undefined],
    ['"a\tb"', undefined],
    ['W/"abc"', undefined],
    ['abc', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j tells states of a file apart, or does not', (tag, validator) => {
    expect(validatorOf(origin, tag)).toEqual(validator);
  });
});
