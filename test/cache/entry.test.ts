import { describe, expect, it } from 'vitest';
import { cacheKeyOf, formatLine, idsInName, parseLine } from '../../src/cache/entry.js';
import { cachedFile, sha } from './cached-file.js';

describe('a line', () => {
  const file = cachedFile('/with "quotes"\n', { fileId: 3, modelId: 1, versionId: 2 });

  it.each([
    ['adds a file', { key: sha('0'), at: 5, file }],
    ['adds a file without a SHA256', { key: 'ID3', at: 5, file: { ...file, sha256: undefined } }],
    ['removes a file', { key: sha('0'), at: 5, gone: '/a' }],
  ])('that %s is read as it was written', (_what, line) => {
    const text = formatLine(line);
    expect(text.indexOf('\n')).toBe(text.length - 1);
    expect(parseLine(text)).toEqual(line);
  });

  it('is the same text whatever the order of its properties', () => {
    const reversed = Object.fromEntries(Object.entries(file).reverse()) as typeof file;
    expect(formatLine({ file: reversed, at: 5, key: 'K' })).toBe(formatLine({ key: 'K', at: 5, file }));
  });

  it.each(['', '{', 'null', '[]', '{"key":"K","at":1}', '{"key":"K","at":"1","gone":"/a"}'])(
    'is corrupt: %s',
    (text) => {
      expect(parseLine(text)).toBeUndefined();
    },
  );
});

it.each([
  [{ sha256: sha('a'), fileId: 3 }, sha('A')],
  [{ fileId: 3 }, 'ID3'],
  [{ sha256: '', fileId: 3 }, 'ID3'],
  [{}, undefined],
])('The key of %j is %s', (wanted, cacheKey) => {
  expect(cacheKeyOf(wanted)).toBe(cacheKey);
});

it.each([
  ['a-mid_1-vid_2.ckpt', { modelId: 1, versionId: 2 }],
  ['/models/a.b-mid_1-vid_2-fid_3.safetensors', { modelId: 1, versionId: 2, fileId: 3 }],
  ['a-mid_1-vid_2', { modelId: 1, versionId: 2 }],
  ['a-mid_1.ckpt', {}],
  ['a-mid_1-vid_2.tar.gz', {}],
  ['a-mid_1234567890123456-vid_2.ckpt', {}],
])('The ids in %s are %j', (name, ids) => {
  expect(idsInName(name)).toEqual(ids);
});
