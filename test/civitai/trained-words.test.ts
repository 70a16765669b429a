import { describe, expect, it } from 'vitest';
import { trainedWordsOf } from '../../src/civitai/trained-words.js';

describe('the trigger words of a version', () => {
  it.each<readonly [trainedWords: unknown, words: readonly string[]]>([
    [
      ['ppr lntrn', ' ink '],
      ['ppr lntrn', 'ink'],
    ],
    [
      ['a', 'a', '', '  ', 'b'],
      ['a', 'b'],
    ],
    [['a', null, 7, { word: 'b' }], ['a']],
    [undefined, []],
    [null, []],
    ['a, b', []],
  ])('are what of %j is one', (trainedWords, words) => {
    expect(trainedWordsOf({ json: { trainedWords } })).toEqual(words);
  });
});
