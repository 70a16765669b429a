import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closestMatch } from '../src/text.js';

const sorters = [
  'auto',
  'basic',
  'tags',
  'comfyui',
  'a1111',
  'forge',
  'forge-neo',
  'sdnext',
  'swarmui',
  'stability-matrix',
  'fooocus',
];

describe('closestMatch', () => {
  it.each([
    ['tag', 'tags'],
    ['Tags', 'tags'],
    ['tasg', undefined],
    ['basics', 'basic'],
    ['bsic', 'basic'],
    ['ComfyUI', 'comfyui'],
    ['comfy-ui', 'comfyui'],
    ['a111', 'a1111'],
    ['mine', undefined],
    ['', undefined],
    ['x', undefined],
  ])('of %j is %j', (word, match) => {
    expect(closestMatch(word, sorters)).toBe(match);
  });

  it('is undefined without candidates', () => {
    expect(closestMatch('tags', [])).toBeUndefined();
  });

  it('finds a word with one more letter or in another case', () => {
    fc.assert(
      fc.property(fc.constantFrom(...sorters), fc.nat(7), fc.constantFrom(...'xyz'), (word, at, letter) => {
        expect(closestMatch(word.toUpperCase(), sorters)).toBe(word);
        expect(closestMatch(word.slice(0, at) + letter + word.slice(at), sorters)).toBe(word);
      }),
    );
  });
});
