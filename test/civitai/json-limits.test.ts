import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonLimits } from '../../src/civitai/json-limits.js';

/** Adds a text in chunks of a size. */
function check(text: string, chunkSize = 7): string | undefined {
  const bytes = Buffer.from(text);
  const limits = new JsonLimits();
  let problem: string | undefined;
  for (let start = 0; start < bytes.length; start += chunkSize)
    problem ??= limits.add(bytes.subarray(start, start + chunkSize));
  return problem;
}

const nested = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth);
const TOO_DEEP = 'JSON of more than 256 levels';
const TOO_MANY = 'JSON of more than 2000000 values';

describe('JSON', () => {
  it.each([
    ['of 257 arrays', nested(257, '[', ']'), TOO_DEEP],
    ['of 257 objects', `${'{"a":'.repeat(257)}1${'}'.repeat(257)}`, TOO_DEEP],
    ['of a million arrays that never end', '['.repeat(1_000_000), TOO_DEEP],
    ['of arrays behind a text with an escaped quote', `["\\"",${nested(256, '[', ']')}]`, TOO_DEEP],
    ['of arrays behind a text with a backslash at its end', `["\\\\",${nested(256, '[', ']')}]`, TOO_DEEP],
    ['of 256 levels', nested(256, '[', ']'), undefined],
    ['of brackets in a text', `["${'['.repeat(1_000)}"]`, undefined],
    ['of brackets behind an escaped quote in a text', `["\\"${'{'.repeat(1_000)}"]`, undefined],
    ['of many flat arrays', `[${'[],'.repeat(10_000)}[]]`, undefined],
  ])('%s is checked', (_what, text, problem) => {
    for (const chunkSize of [1, 2, 3, 7, 64, 1_000_000]) expect(check(text, chunkSize)).toBe(problem);
  });

  it.each([
    ['empty arrays', '[],'],
    ['empty objects', '{},'],
    ['numbers', '1,'],
    ['texts', '"",'],
    ['pairs', '"a":1,'],
  ])('of millions of %s has too many values', (_what, value) => {
    expect(check(`[${value.repeat(2_000_001)}1]`, 65_536)).toBe(TOO_MANY);
  });

  it('of any values is within the limits, however it is cut', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), fc.integer({ min: 1, max: 9 }), (text, chunkSize) => {
        expect(check(text, chunkSize)).toBeUndefined();
        // The state behind it is that of the outside of all texts.
        expect(check(text + '['.repeat(300), chunkSize)).toBe(TOO_DEEP);
      }),
    );
  });
});
