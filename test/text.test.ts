import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closestMatch } from '../src/text.js';

const sorters = ['basic', 'tags', 'comfyui', 'a1111'];

describe('the nearest word', () => {
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
  ])('to %j is %j', (word, meant) => {
    expect(closestMatch(word, sorters)).toBe(meant);
  });

  it('is none where there are none', () => {
    expect(closestMatch('tags', [])).toBeUndefined();
  });

  it('is a word itself, with one letter more or another case', () => {
    fc.assert(
      fc.property(fc.constantFrom(...sorters), fc.nat(7), fc.constantFrom(...'xyz'), (word, at, letter) => {
        expect(closestMatch(word.toUpperCase(), sorters)).toBe(word);
        expect(closestMatch(word.slice(0, at) + letter + word.slice(at), sorters)).toBe(word);
      }),
    );
  });
});
