import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ByteRange,
  parseContentRange,
  parseUnsatisfiedRange,
  RangeSet,
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
  ])('%j is parsed', (value, range) => {
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
  ])('%j of a 416 is parsed', (value, size) => {
    expect(parseUnsatisfiedRange(value)).toBe(size);
  });
});

describe('the headers of a range request', () => {
  const origin = 'https://storage.example';
  const validator = { origin, entityTag: '"abc"' };

  it.each<
    readonly [
      name: string,
      start: number,
      end: number | undefined,
      given: Validator | undefined,
      headers: Record<string, string>,
    ]
  >([
    ['are empty for the whole file', 0, undefined, validator, {}],
    ['have an open end', 5, undefined, undefined, { range: 'bytes=5-' }],
    ['have both ends', 5, 10, undefined, { range: 'bytes=5-9' }],
    ['begin at 0', 0, 1, undefined, { range: 'bytes=0-0' }],
    ['have the entity tag', 5, 10, validator, { range: 'bytes=5-9', 'if-range': '"abc"' }],
    [
      'ignore the entity tag of another origin',
      5,
      undefined,
      { ...validator, origin: 'https://other.example' },
      { range: 'bytes=5-' },
    ],
  ])('%s', (_name, start, end, given, headers) => {
    expect(rangeHeaders(start, end, origin, given)).toEqual(headers);
  });
});

describe('an entity tag', () => {
  const origin = 'https://storage.example';
  it.each([
    ['"abc"', { origin, entityTag: '"abc"' }],
    ['"abc-12"', { origin, entityTag: '"abc-12"' }],
    ['""', { origin, entityTag: '""' }],
    // These cannot be sent back unchanged.
    ['"abc', undefined],
    ['"a", "b"', undefined],
    ['"caf\u00e9"', undefined],
    ['"a\tb"', undefined],
    ['W/"abc"', undefined],
    ['abc', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j is used only if it is strong and valid', (tag, validator) => {
    expect(validatorOf(origin, tag)).toEqual(validator);
  });
});

const FILE_SIZE = 40;
const byte = fc.nat(FILE_SIZE);
/** Includes empty and reversed ranges. */
const ranges = fc.array(fc.tuple(byte, byte), { maxLength: 25 });

function bitmap(added: readonly ByteRange[]): boolean[] {
  return Array.from({ length: FILE_SIZE }, (_, at) => added.some(([start, end]) => start <= at && at < end));
}

function runs(bits: readonly boolean[], wanted: boolean, end: number): ByteRange[] {
  const found: [number, number][] = [];
  bits.slice(0, end).forEach((bit, at) => {
    if (bit !== wanted) return;
    const last = found.at(-1);
    if (last?.[1] === at) last[1] = at + 1;
    else found.push([at, at + 1]);
  });
  return found;
}

const facts = ({ ranges, size, prefixEnd, end }: RangeSet) => ({ ranges, size, prefixEnd, end });

describe('a set of ranges', () => {
  it('equals a bitmap of all bytes', () => {
    fc.assert(
      fc.property(ranges, byte, (added, end) => {
        const set = new RangeSet();
        for (const [start, stop] of added) set.add(start, stop);
        const bits = bitmap(added);
        const missing = bits.indexOf(false);
        expect({ ...facts(set), gaps: set.gaps(end) }).toEqual({
          ranges: runs(bits, true, FILE_SIZE),
          size: bits.filter(Boolean).length,
          prefixEnd: missing < 0 ? FILE_SIZE : missing,
          end: bits.lastIndexOf(true) + 1,
          gaps: runs(bits, false, end),
        });
      }),
      { numRuns: 400 },
    );
  });

  it('does not change ranges that it returned before', () => {
    const set = new RangeSet([[0, 5]]);
    const before = set.ranges;
    set.add(5, 9);
    expect(before).toEqual([[0, 5]]);
    expect(set.ranges).toEqual([[0, 9]]);
  });

  it('is empty after clear', () => {
    const set = new RangeSet([[3, 7]]);
    set.clear();
    expect(facts(set)).toEqual({ ranges: [], size: 0, prefixEnd: 0, end: 0 });
    expect(set.gaps(2)).toEqual([[0, 2]]);
  });

  it('has gaps without an end in a file of unknown size', () => {
    const { POSITIVE_INFINITY } = Number;
    expect(new RangeSet([[2, 4]]).gaps(POSITIVE_INFINITY)).toEqual([
      [0, 2],
      [4, POSITIVE_INFINITY],
    ]);
    expect(new RangeSet([[0, POSITIVE_INFINITY]]).gaps(POSITIVE_INFINITY)).toEqual([]);
  });
});
