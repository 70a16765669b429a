import { describe, expect, it } from 'vitest';
import { formatValue, isValue, parseValue } from '../../src/options/option-types.js';
import { mergeOptions, optionNames, specOf } from '../../src/options/options.js';

describe('options', () => {
  it('have the documented defaults', () => {
    expect(mergeOptions()).toEqual({
      sorter: 'auto',
      maxImages: 3,
      nsfwMode: 1,
      withPrompt: true,
      withoutModel: false,
      versions: 'default',
      baseModel: '',
      type: '',
      format: '',
      precision: '',
      pickle: true,
      since: '',
      limit: 0,
      sort: '',
      period: '',
      retryCount: 3,
      jobs: 1,
      connections: 4,
      limitRate: 0,
      timeout: 30,
      pauseTime: 3,
      cacheMode: 1,
      strictMode: 1,
      fileNames: 'auto',
      sidecars: 'auto',
      allFiles: false,
      modelOverwrite: false,
      withColor: true,
      proxy: 'environment',
      userAgent: 'civitdl',
    });
  });

  it('are the typed ones, then the stored ones', () => {
    const typed = { maxImages: 5, withPrompt: undefined };
    const stored = { maxImages: 7, withPrompt: false, nsfwMode: 2 };
    expect(mergeOptions(typed, stored)).toMatchObject({
      maxImages: 5,
      withPrompt: false,
      nsfwMode: 2,
      retryCount: 3,
    });
  });

  it('are zero or off if typed so', () => {
    const typed = {
      maxImages: 0,
      nsfwMode: 0,
      retryCount: 0,
      pauseTime: 0,
      strictMode: 0,
      withPrompt: false,
    };
    expect(mergeOptions(typed, { maxImages: 7, nsfwMode: 2, withPrompt: true })).toMatchObject(typed);
  });

  it('suggest only values that they accept', () => {
    for (const spec of optionNames.map(specOf))
      for (const choice of spec.kind === 'text' ? (spec.choices ?? []) : [])
        expect(isValue(spec, choice), `${spec.flags} ${choice}`).toBe(true);
  });

  it('have valid defaults, which are parsed as they are formatted', () => {
    for (const spec of optionNames.map(specOf)) {
      expect(isValue(spec, spec.default), spec.flags).toBe(true);
      if (spec.kind !== 'switch')
        expect(parseValue(spec, formatValue(spec, spec.default)), spec.flags).toBe(spec.default);
    }
  });
});
