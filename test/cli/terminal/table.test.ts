import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { tableLines } from '../../../src/cli/terminal/table.js';

describe('a table', () => {
  it('has columns that stand below each other', () => {
    const rows = [
      ['a', 'one', 'x'],
      ['long', '1', 'some words'],
      ['short', ''],
    ];
    expect(tableLines(rows, undefined)).toEqual(['a      one  x', 'long   1    some words', 'short']);
  });

  it('is nothing where there is nothing', () => {
    expect(tableLines([], 80)).toEqual([]);
  });

  it('counts columns, not letters', () => {
    expect(
      tableLines(
        [
          ['模型', 'x'],
          ['abcd', 'y'],
          ['e\u0301', 'z'],
        ],
        undefined,
      ),
    ).toEqual(['模型  x', 'abcd  y', 'e\u0301     z']);
  });

  it('breaks the last column where it does not fit, between words or within a long one', () => {
    const rows = [['name', `some words and /${'path/'.repeat(6)}end`]];
    expect(tableLines(rows, 30)).toEqual([
      'name  some words and',
      '      /path/path/path/path/pat',
      '      h/path/end',
    ]);
  });

  it('puts the last column below the others where there is hardly room beside them', () => {
    const rows = [
      ['a name that is rather long', 'some more words'],
      ['short', 'x'],
    ];
    expect(tableLines(rows, 32)).toEqual([
      'a name that is rather long',
      '    some more words',
      'short                       x',
    ]);
  });

  it('indents the columns before the last one where they take more than a line', () => {
    expect(tableLines([['file 12', 'Model, SafeTensor, fp16', 'a name, primary']], 30)).toEqual([
      'file 12  Model,',
      '    SafeTensor, fp16',
      '    a name, primary',
    ]);
  });

  it('has nothing in it that moves the cursor', () => {
    expect(tableLines([['a\u001b[2J', 'b\r\nc']], 80)).toEqual(['a [2J  b c']);
  });

  it('fits every terminal, and loses no letter', () => {
    const cell = fc.string({ unit: 'grapheme', maxLength: 40 });
    const row = fc.array(cell, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 5 }), fc.integer({ min: 8, max: 100 }), (rows, columns) => {
        const lines = tableLines(rows, columns);
        for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
        const letters = (text: string) => text.replace(/\s+/g, '');
        const wide = tableLines(rows, undefined);
        expect(letters(lines.join(''))).toBe(letters(wide.join('')));
      }),
    );
  });
});
