import { describe, expect, it } from 'vitest';
import { allowedImages, isSafe } from '../../src/civitai/images.js';
import { imageOf, modelOf } from './samples.js';

const levels = [0, 1, 2, 4, 8, 16, 32];
const images = levels.map((nsfwLevel) => imageOf(`${nsfwLevel}.jpeg`, { nsfwLevel }));

describe('a level', () => {
  it.each([
    [0, false],
    [1, true],
    [2, true],
    [3, true],
    [4, false],
    [5, false],
    [8, false],
    [28, false],
    [29, false],
    [32, false],
  ])('%i is safe: %s', (level, isIt) => {
    expect(isSafe(level)).toBe(isIt);
  });
});

describe('the images that a mode allows', () => {
  it.each([
    ['safe ones only, in mode 0', 0, 31, [1, 2]],
    ['safe ones only, in mode 0 of a model of any level', 0, 32, [1, 2]],
    ['safe ones only, of a model that is not rated', 1, 0, [1, 2]],
    ['safe ones only, of a model with PG', 1, 1, [1, 2]],
    ['safe ones only, of a model with PG and PG-13', 1, 3, [1, 2]],
    ['up to R, of a model with PG and R', 1, 5, [1, 2, 4]],
    ['up to XXX, of a model with R, X and XXX', 1, 28, [1, 2, 4, 8, 16]],
    ['up to XXX, of a model with all but PG-13', 1, 29, [1, 2, 4, 8, 16]],
    ['blocked ones, too, of a model with such', 1, 32, [1, 2, 4, 8, 16, 32]],
    ['all, even what is not rated, in mode 2', 2, 1, levels],
  ])('are %s', (_what, mode, nsfwLevel, allowed) => {
    const chosen = allowedImages(modelOf(66, { nsfwLevel }), images, mode);
    expect(chosen.map((image) => image.nsfwLevel)).toEqual(allowed);
  });

  it('are judged by their highest level where they have several', () => {
    const image = imageOf('1.jpeg', { nsfwLevel: 5 });
    expect(allowedImages(modelOf(66, { nsfwLevel: 4 }), [image], 1)).toEqual([image]);
    expect(allowedImages(modelOf(66, { nsfwLevel: 3 }), [image], 1)).toEqual([]);
  });

  it('keep their order', () => {
    const mixed = [
      imageOf('b', { nsfwLevel: 2 }),
      imageOf('x', { nsfwLevel: 16 }),
      imageOf('a', { nsfwLevel: 1 }),
    ];
    expect(allowedImages(modelOf(66), mixed, 0)).toEqual([mixed[0], mixed[2]]);
  });
});
