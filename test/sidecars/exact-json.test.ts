import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatExactJson, parseExactJson } from '../../src/sidecars/exact-json.js';

const rewrite = (text: string) => formatExactJson(parseExactJson(text)).replace(/\s+/g, '');

it.each([
  '[18446744073709551615]',
  '[-9007199254740993]',
  '[9007199254740991]',
  '[1e400]',
  '[-1.5e-7]',
  '{"a\\"1e400":"18446744073709551615"}',
  '["\\\\",12345678901234567890]',
])('%s is written again as it was', (text) => {
  expect(rewrite(text)).toBe(text);
});

it.each([
  '[1.2.3]',
  '[007]',
  '[0018446744073709551615]',
  '[1e]',
  '[+1]',
  'x18446744073709551615',
  '{"a":1e400',
  '',
])('%j is not JSON', (text) => {
  expect(() => parseExactJson(text)).toThrow(SyntaxError);
});

it('parses what JSON.parse does', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      expect(JSON.parse(formatExactJson(parseExactJson(text)))).toEqual(JSON.parse(text));
    }),
  );
});

it('fails for the texts for which JSON.parse does', () => {
  const part = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '-',
    '1',
    '0',
    '.',
    'e',
    '+',
    '9'.repeat(20),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      const isValid = (parse: (text: string) => unknown) => {
        try {
          parse(text);
          return true;
        } catch {
          return false;
        }
      };
      expect(isValid(parseExactJson)).toBe(isValid(JSON.parse));
    }),
    { numRuns: 2_000 },
  );
});
