import { describe, expect, it } from 'vitest';
import { pageUrl } from '../../src/civitai/page-url.js';

describe('the page of a version', () => {
  it.each([
    [0, 'civitai.com'],
    [1, 'civitai.com'],
    [3, 'civitai.com'],
    [4, 'civitai.red'],
    [31, 'civitai.red'],
  ])('of a model with the levels %i is on %s', (nsfwLevel, host) => {
    expect(pageUrl({ id: 66, nsfwLevel }, { id: 75 })).toBe(`https://${host}/models/66?modelVersionId=75`);
  });

  it('is that of the model without a version', () => {
    expect(pageUrl({ id: 66, nsfwLevel: 1 })).toBe('https://civitai.com/models/66');
  });
});
