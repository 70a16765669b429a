import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseItem } from '../../src/civitai/parse-source.js';
import { UsageError } from '../../src/errors.js';
import { anyCharacter } from '../disk/any-text.js';
import { expectParsedFast, hash, model, path, sha256, testMeanings, version } from './parsing.js';

testMeanings({
  'an id': [
    ['1', model(1)],
    ['123456', model(123456)],
    ['00123', model(123)],
    ['12345678', model(12345678)],
    ['123456789', model(123456789)],
    ['1234567890', model(1234567890)],
    ['2147483647', model(2147483647)],
    ['2147483648', /'2147483648' contains an invalid id\. Ids are numbers from 1 to 2147483647/],
    ['123456789012', /contains an invalid id/],
    ['9'.repeat(400), /contains an invalid id/],
    ['0', /'0' contains an invalid id/],
    ['-5', path],
    ['1.5', path],
    ['١٢٣', path],
  ],
  'a model with its version': [
    ['827184@2514310', version(2514310, { modelId: 827184 })],
    ['827184@0', /contains an invalid id/],
    ['0@2514310', /contains an invalid id/],
    ['827184@', path],
    ['827184@latest', path],
  ],
  'a hash': [
    ['B62FE676', hash('B62FE676')],
    ['b62fe676', hash('B62FE676')],
    ['6f07b91f88', hash('6F07B91F88')],
    ['0123456789aB', hash('0123456789AB')],
    [sha256, hash(sha256.toUpperCase())],
    [sha256.toUpperCase(), hash(sha256.toUpperCase())],
    ['7'.repeat(64), hash('7'.repeat(64))],
    ['b62fe67', path],
    ['b62fe6761', path],
    ['b62fe6761ab', path],
    [`${sha256}a`, path],
    ['g62fe676', path],
  ],
  'the path of a batch file': [
    ['./123', path],
    ['../123', path],
    ['/123', path],
    ['./b62fe676', path],
    ['list.txt', path],
    ['~/lists/anime', path],
    ['C:\\lists\\anime.txt', path],
    ['C:/lists/anime.txt', path],
    ['javascript:alert(1)', path],
    ['civitai.com.evil.com/models/1', path],
    ['//civitai.com/models/1', path],
    ['evil.com/civitai.com/models/1', path],
    ['civitai', path],
    ['-', path],
  ],
});

describe('any text', () => {
  it('is parsed, or refused with a UsageError', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, minLength: 1 }), (text) => {
        try {
          expect(['source', 'path']).toContain(parseItem(text).kind);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each(['urn:air:', 'civitai:1@', 'https://civitai.com/models/', 'a:', '1.a'])(
    'of 100,000 times %s is parsed fast',
    (part) => {
      expectParsedFast(part.repeat(100_000));
    },
  );
});
