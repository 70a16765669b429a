import { describe, expect, it } from 'vitest';
import { pad, truncate, wrappedRows } from '../../../src/cli/terminal/text-width.js';

describe('a text', () => {
  it('is cut by columns, never within a character', () => {
    expect(truncate('模型模型', 5)).toBe('模型…');
    expect(truncate('模型模型', 4)).toBe('模…');
    expect(truncate('👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 3)).toBe('👩‍👩‍👧‍👦…');
    expect(pad('模型', 6)).toBe('模型  ');
    expect(truncate('ab', 0)).toBe('');
  });

  it('takes rows as a terminal wraps it', () => {
    expect(wrappedRows('', 5)).toBe(1);
    expect(wrappedRows('abcde', 5)).toBe(1);
    expect(wrappedRows('abcdef', 5)).toBe(2);
    // A wide character does not fit into the last column.
    expect(wrappedRows('模型模型模', 5)).toBe(3);
  });
});
