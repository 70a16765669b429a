import { describe, expect, it } from 'vitest';
import {
  fitAny,
  pad,
  truncate,
  truncateName,
  truncateStart,
  wrappedRows,
} from '../../../src/cli/terminal/text-width.js';

describe('a text', () => {
  it('is cut by columns, never within a character', () => {
    expect(truncate('模型模型', 5)).toBe('模型…');
    expect(truncate('模型模型', 4)).toBe('模…');
    expect(truncate('👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 3)).toBe('👩‍👩‍👧‍👦…');
    expect(pad('模型', 6)).toBe('模型  ');
    expect(truncate('ab', 0)).toBe('');
  });

  it('is cut at its beginning, never within a character', () => {
    expect(truncateStart('a/模型/model.ckpt', 40)).toBe('a/模型/model.ckpt');
    expect(truncateStart('a/模型/model.ckpt', 14)).toBe('…型/model.ckpt');
    expect(truncateStart('a/模型/model.ckpt', 13)).toBe('…/model.ckpt');
    expect(truncateStart('a/👩‍👩‍👧‍👦', 3)).toBe('…👩‍👩‍👧‍👦');
    expect(truncateStart('ab', 0)).toBe('');
  });

  it.each([
    ['a long name of a model', 'v2', 40, 'a long name of a model v2'],
    ['a long name of a model', 'v2', 20, 'a long name of a… v2'],
    ['a long name of a model', 'v2', 12, 'a long name…'],
    ['short', 'a version with a long name', 20, 'short a version wit…'],
    ['紙灯籠の水墨画スタイル', 'v2', 20, '紙灯籠の水墨画ス… v2'],
    ['name', '', 20, 'name'],
  ])(
    'of the name %j and the version %j is cut where it tells least on %i columns',
    (name, version, columns, text) => {
      expect(truncateName(name, version, columns)).toBe(text);
    },
  );

  it('is the longest that fits', () => {
    expect(fitAny(['4 of 10 models', '4/10'], 14)).toBe('4 of 10 models');
    expect(fitAny(['4 of 10 models', '4/10'], 13)).toBe('4/10');
    expect(fitAny(['4 of 10 models', '4/10'], 3)).toBe('4/…');
  });

  it('takes rows as a terminal wraps it', () => {
    expect(wrappedRows('', 5)).toBe(1);
    expect(wrappedRows('abcde', 5)).toBe(1);
    expect(wrappedRows('abcdef', 5)).toBe(2);
    // A wide character does not fit into the last column.
    expect(wrappedRows('模型模型模', 5)).toBe(3);
  });
});
