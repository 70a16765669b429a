import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ByteRange, RangeSet } from '../../src/transfer/byte-ranges.js';

/** Bytes of the model's file. */
const LENGTH = 40;
const byte = fc.nat(LENGTH);
/** Also empty ones, and such that end before they start. */
const ranges = fc.array(fc.tuple(byte, byte), { maxLength: 25 });

/** The same, byte by byte. */
function bitmap(added: readonly ByteRange[]): boolean[] {
  return Array.from({ length: LENGTH }, (_, at) => added.some(([start, end]) => start <= at && at < end));
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

const seen = ({ ranges, size, prefixEnd, end }: RangeSet) => ({ ranges, size, prefixEnd, end });

test('a set of ranges is what a map of all bytes would be', () => {
  fc.assert(
    fc.property(ranges, byte, (added, end) => {
      const set = new RangeSet();
      for (const [start, stop] of added) set.add(start, stop);
      const bits = bitmap(added);
      const missing = bits.indexOf(false);
      expect({ ...seen(set), gaps: set.gaps(end) }).toEqual({
        ranges: runs(bits, true, LENGTH),
        size: bits.filter(Boolean).length,
        prefixEnd: missing < 0 ? LENGTH : missing,
        end: bits.lastIndexOf(true) + 1,
        gaps: runs(bits, false, end),
      });
    }),
    { numRuns: 400 },
  );
});

test('ranges that were handed out do not change when more is added', () => {
  const set = new RangeSet([[0, 5]]);
  const before = set.ranges;
  set.add(5, 9);
  expect(before).toEqual([[0, 5]]);
  expect(set.ranges).toEqual([[0, 9]]);
});

test('a cleared set is empty', () => {
  const set = new RangeSet([[3, 7]]);
  set.clear();
  expect(seen(set)).toEqual({ ranges: [], size: 0, prefixEnd: 0, end: 0 });
  expect(set.gaps(2)).toEqual([[0, 2]]);
});

test('what is missing of a file of unknown length has no end', () => {
  const { POSITIVE_INFINITY } = Number;
  expect(new RangeSet([[2, 4]]).gaps(POSITIVE_INFINITY)).toEqual([
    [0, 2],
    [4, POSITIVE_INFINITY],
  ]);
  expect(new RangeSet([[0, POSITIVE_INFINITY]]).gaps(POSITIVE_INFINITY)).toEqual([]);
});
