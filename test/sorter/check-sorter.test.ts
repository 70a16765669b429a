import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { builtInSorters } from '../../src/sorter/built-in.js';
import { assertNewName } from '../../src/sorter/check-sorter.js';

describe('the name of a new sorter', () => {
  it.each(['mine', 'by-creator', 'by_creator2', '2', 'sortér', '整理', 'x'.repeat(64)])(
    'can be %s',
    (name) => {
      expect(() => assertNewName(name, ['other'])).not.toThrow();
    },
  );

  it.each([
    '',
    ' ',
    'a b',
    'a/b',
    'a\\b',
    '../x',
    '.x',
    'x.mjs',
    '-x',
    '_x',
    '__proto__',
    '{x}',
    'a\0b',
    'a\u202eb',
    'x'.repeat(65),
  ])('cannot be %j', (name) => {
    expect(() => assertNewName(name, [])).toThrow(UsageError);
    expect(() => assertNewName(name, [])).toThrow('is not a valid sorter name. ');
  });

  it.each([...builtInSorters.keys(), 'Basic', 'COMFYUI', 'Forge-Neo'])(
    'cannot be %s, which is reserved',
    (name) => {
      expect(() => assertNewName(name, [])).toThrow(UsageError);
      expect(() => assertNewName(name, [])).toThrow(`The name '${name}' is reserved for a built-in sorter.`);
    },
  );

  it.each(['mine', 'MINE'])('cannot be %s if mine exists', (name) => {
    expect(() => assertNewName(name, ['mine'])).toThrow(UsageError);
    expect(() => assertNewName(name, ['mine'])).toThrow(
      "The sorter 'mine' already exists. Delete it first with 'civitconfig sorter -d mine'.",
    );
  });
});
