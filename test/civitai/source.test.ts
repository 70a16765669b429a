import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseItem, type SourceItem } from '../../src/civitai/parse-source.js';
import type { Source } from '../../src/civitai/source.js';
import { withoutSecrets } from '../../src/civitai/source-url.js';
import { UsageError } from '../../src/errors.js';
import { anyCharacter } from '../disk/any-text.js';

const model = (modelId: number): Source => ({ kind: 'model', modelId });
const version = (
  versionId: number,
  rest: Omit<Partial<VersionSource>, 'kind' | 'versionId'> = {},
): Source => ({
  kind: 'version',
  versionId,
  ...rest,
});
const hash = (text: string): Source => ({ kind: 'hash', hash: text });
const path = { kind: 'path' } as const;

type VersionSource = Extract<Source, { kind: 'version' }>;
/** A source, a path, or the message of the refusal. */
type Meaning = Source | typeof path | RegExp;

const sha256 = '6f07b91f88f9c4e22b8f747de4b2c1aae14f63e79226fc0cf4e8f55bc1458578';
const key = '0123456789abcdef0123456789abcdef';

const table: Readonly<Record<string, readonly (readonly [text: string, means: Meaning])[]>> = {
  'an id': [
    ['1', model(1)],
    ['123456', model(123456)],
    ['00123', model(123)],
    ['12345678', model(12345678)],
    ['123456789', model(123456789)],
    ['1234567890', model(1234567890)],
    ['2147483647', model(2147483647)],
    ['2147483648', /'2147483648' has no id from 1 to 2147483647/],
    ['123456789012', /has no id from 1 to/],
    ['9'.repeat(400), /has no id from 1 to/],
    ['0', /'0' has no id from 1 to/],
    ['-5', path],
    ['1.5', path],
    ['١٢٣', path],
  ],
  'a model with its version': [
    ['827184@2514310', version(2514310, { modelId: 827184 })],
    ['827184@0', /no id/],
    ['0@2514310', /no id/],
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
  'the page of a model': [
    ['https://civitai.com/models/123456', model(123456)],
    ['https://civitai.com/models/123456/', model(123456)],
    ['https://civitai.com/models/123456/some-slug', model(123456)],
    ['https://civitai.com/models/123456/some-slug/', model(123456)],
    ['https://civitai.com/models/123456/涂鸦-🦊', model(123456)],
    ['https://civitai.com/models/123456/%E6%B6%82%E9%B8%A6', model(123456)],
    ['https://civitai.com/models/123456/100%', model(123456)],
    ['https://civitai.com/models/123456/a/b', model(123456)],
    ['https://civitai.com/models/123456/7890', model(123456)],
    ['https://civitai.com/models/123456#comments', model(123456)],
    ['https://civitai.com/models/123456/slug?dialog=commentThread&x=1', model(123456)],
    ['http://civitai.com/models/123456', model(123456)],
    ['https://civitai.com:443/models/123456', model(123456)],
    ['https://www.civitai.com/models/123456', model(123456)],
    ['https://civitai.red/models/123456', model(123456)],
    ['https://www.civitai.red/models/123456', model(123456)],
    ['https://civitai.green/models/123456', model(123456)],
    ['civitai.com/models/123456', model(123456)],
    ['www.civitai.com/models/123456', model(123456)],
    ['civitai.red/models/123456/slug', model(123456)],
    ['civitai.green/models/123456', model(123456)],
    ['HTTPS://CIVITAI.COM/models/123456', model(123456)],
    ['WWW.Civitai.Red/models/123456', model(123456)],
    ['https://civitai.com/models/0', /no id from 1/],
    ['https://civitai.com/models/2147483648', /no id from 1/],
  ],
  'the page of a version': [
    ['https://civitai.com/models/66?modelVersionId=75', version(75, { modelId: 66 })],
    ['https://civitai.com/models/66/slug?modelVersionId=75', version(75, { modelId: 66 })],
    ['https://civitai.com/models/66/slug/?modelVersionId=75#x', version(75, { modelId: 66 })],
    ['civitai.red/models/66?a=b&modelVersionId=75&c=d', version(75, { modelId: 66 })],
    ['https://civitai.com/models/66?modelVersionId=75&modelVersionId=75', version(75, { modelId: 66 })],
    ['https://civitai.com/models/66/model-versions/75/edit', version(75, { modelId: 66 })],
    ['https://civitai.com/models/66/model-versions/75/wizard?step=2', version(75, { modelId: 66 })],
    ['https://civitai.com/model-versions/75', version(75)],
    ['https://civitai.com/model-versions/75/', version(75)],
    ['civitai.green/model-versions/75', version(75)],
    ['https://civitai.com/models/66?modelVersionId=abc', /no id from 1/],
    ['https://civitai.com/models/66?modelVersionId=0', /no id from 1/],
    ['https://civitai.com/model-versions/99999999999', /no id from 1/],
  ],
  'a URL of the API': [
    ['https://civitai.com/api/v1/models/66', model(66)],
    ['https://civitai.com/api/v1/models/66/', model(66)],
    ['https://civitai.com/api/v1/model-versions/75', version(75)],
    ['https://civitai.com/api/v1/model-versions/mini/75', version(75)],
    ['https://civitai.com/api/v1/model-versions/mini/75?modelFileId=9', version(75)],
    [`https://civitai.com/api/v1/model-versions/by-hash/${sha256}`, hash(sha256.toUpperCase())],
    ['civitai.com/api/v1/model-versions/by-hash/b62fe676', hash('B62FE676')],
    ['https://civitai.com/api/v1/model-versions/by-hash/12345678', hash('12345678')],
    ['https://civitai.com/api/v1/model-versions/by-hash/xyz', /names no model/],
    ['https://civitai.com/api/v1/models?tag=anime', /names no model/],
    ['https://civitai.com/api/v1/creators', /names no model/],
  ],
  'a download URL': [
    ['https://civitai.com/api/download/models/75', version(75)],
    ['https://civitai.com/api/downloads/models/75', version(75)],
    ['https://civitai.com/api/download/models/75/', version(75)],
    ['civitai.red/api/download/models/75?fileId=9', version(75, { file: { fileId: 9 } })],
    ['https://civitai.com/api/downloads/models/75?fileId=9&type=VAE', version(75, { file: { fileId: 9 } })],
    [
      'https://civitai.com/api/download/models/75?type=Model&format=SafeTensor&size=pruned&fp=fp16',
      version(75, { file: { type: 'Model', format: 'SafeTensor', size: 'pruned', fp: 'fp16' } }),
    ],
    [
      'https://civitai.com/api/download/models/75?type=Pruned%20Model&quantType=Q4_K_M',
      version(75, { file: { type: 'Pruned Model', quantType: 'Q4_K_M' } }),
    ],
    [
      'https://civitai.com/api/download/models/75?type=Training+Data',
      version(75, { file: { type: 'Training Data' } }),
    ],
    ['https://civitai.com/api/download/models/75?type=VAE&type=VAE', version(75, { file: { type: 'VAE' } })],
    ['https://civitai.com/api/download/models/75?type=&size=', version(75)],
    [`https://civitai.com/api/download/models/75?token=${key}`, version(75)],
    ['https://civitai.com/api/download/training-data/75', version(75, { file: { type: 'Training Data' } })],
    ['https://civitai.com/api/download/models/0', /no id from 1/],
    ['https://civitai.com/api/download/models/75?fileId=abc', /no id from 1/],
    ['https://civitai.com/api/download/models/75?fileId=2147483648', /no id from 1/],
    ['https://civitai.com/api/download/models/abc', /names no model/],
    ['https://civitai.com/api/download/attachments/75', /names no model/],
  ],
  'an AIR': [
    ['urn:air:sdxl:lora:civitai:827184@2514310', version(2514310, { modelId: 827184 })],
    ['air:flux1:checkpoint:civitai:827184@2514310', version(2514310, { modelId: 827184 })],
    ['sdxl:lora:civitai:827184@2514310', version(2514310, { modelId: 827184 })],
    ['sdxl:civitai:827184@2514310', version(2514310, { modelId: 827184 })],
    ['civitai:827184@2514310', version(2514310, { modelId: 827184 })],
    ['urn:air:civitai:827184@2514310', version(2514310, { modelId: 827184 })],
    ['URN:AIR:SDXL:LORA:CIVITAI:827184@2514310', version(2514310, { modelId: 827184 })],
    ['urn:air:sd1:embedding:civitai:827184', model(827184)],
    ['civitai:827184', model(827184)],
    ['urn:air:zimage-turbo:text_encoders:civitai:1@2', version(2, { modelId: 1 })],
    ['urn:air:sdxl:lora:civitai:1@2+3', version(2, { modelId: 1, file: { fileId: 3 } })],
    ['civitai:1@2+3', version(2, { modelId: 1, file: { fileId: 3 } })],
    ['urn:air:sdxl:lora:civitai:1@2+3.safetensors', version(2, { modelId: 1, file: { fileId: 3 } })],
    ['urn:air:sdxl:lora:civitai:1@2.safetensors', version(2, { modelId: 1 })],
    ['urn:air:sdxl:lora:civitai:1.safetensors', model(1)],
    ['civitai:1@2.fp16.safetensors', version(2, { modelId: 1 })],
    ['civitai:1@2+3.fp16.safetensors', version(2, { modelId: 1, file: { fileId: 3 } })],
    ['civitai:1@2-beta', /no id from 1/],
    ['civitai:latest', /no id from 1/],
    ['sdxl:lora:civitai:', /is no AIR/],
    ['civitai:1@2+latest', /is no AIR/],
    ['sdxl:lora:huggingface:owner/name@main', /an AIR of huggingface, and only those of civitai/],
    ['orchestrator:1@2', /an AIR of orchestrator/],
    ['urn:air:sdxl:lora:civitai:1+3', /names file 3, but not the version that has it/],
    ['urn:air:sdxl:lora:civitai:0@2', /no id from 1/],
    ['urn:air:sdxl:lora:civitai:1@0', /no id from 1/],
    ['urn:air:sdxl:lora:civitai:1@2147483648', /no id from 1/],
    ['urn:air:sdxl:lora:civitai:1@latest', /no id from 1/],
    ['urn:air:sdxl:lora:civitai:1@2+2147483648', /no id from 1/],
    ['urn:air:sdxl:lora:civitai:', /is no AIR, like urn:air:/],
    ['urn:air:', /is no AIR/],
    ['urn:air:flux1:lora:huggingface:owner/name@main', /an AIR of huggingface, and only those of civitai/],
    ['urn:air:sdxl:lora:civitai-r2:bucket/x@1', /an AIR of civitai-r2/],
    ['air:sdxl:lora:orchestrator:1@2', /an AIR of orchestrator/],
  ],
  'a page that is no model': [
    ['https://civitai.com/images/5', /the page of an image, not of a model/],
    ['https://civitai.com/gallery/5', /the page of an image/],
    ['https://civitai.com/posts/5', /the page of a post/],
    ['https://civitai.com/collections/5', /the page of a collection/],
    ['https://civitai.com/user/somebody/models', /the page of a user/],
    ['https://civitai.com/3d-models/5', /the page of a 3D model/],
    ['https://civitai.com/', /names no model/],
    ['https://civitai.com', /names no model/],
    ['civitai.com', /names no model/],
    ['https://civitai.com/models', /names no model/],
    ['https://civitai.com/models/some-slug', /names no model/],
    ['https://civitai.com/models/123abc', /names no model/],
    ['https://civitai.com//models/1', /names no model/],
  ],
  'something of another host': [
    ['https://example.com/models/1', /is on example\.com, and only civitai\.com/],
    ['https://civitai.com.evil.com/models/1', /is on civitai\.com\.evil\.com/],
    ['https://evilcivitai.com/models/1', /is on evilcivitai\.com/],
    ['https://civitai.com@evil.com/models/1', /is on evil\.com/],
    ['https://civitai.com:x@evil.com/models/1', /is on evil\.com/],
    ['https://evil.com/https://civitai.com/models/1', /is on evil\.com/],
    ['https://evil.com?civitai.com/models/1', /is on evil\.com/],
    ['https://evil.com#civitai.com/models/1', /is on evil\.com/],
    ['https://civitai.com\\@evil.com/models/1', /names no model/],
    ['https://auth.civitai.com/models/1', /is on auth\.civitai\.com/],
    ['https://image.civitai.com/models/1', /is on image\.civitai\.com/],
    ['https://www.www.civitai.com/models/1', /is on www\.www\.civitai\.com/],
    ['https://civitai.com./models/1', /is on civitai\.com\./],
    ['https://сivitai.com/models/1', /is on xn--/],
    ['https://127.0.0.1/models/1', /is on 127\.0\.0\.1/],
    ['https://[::1]/models/1', /is on \[::1\]/],
    ['https://civitai.com:8443/models/1', /is on civitai\.com:8443/],
    ['civitai.com:8443/models/1', /is on civitai\.com:8443/],
    ['http://localhost:3000/models/1', /is on localhost:3000/],
    ['https://', /is no URL that can be understood/],
    ['https://[civitai.com/models/1', /is no URL that can be understood/],
    ['ftp://civitai.com/models/1', /is no https URL/],
    ['file:///etc/passwd', /is no https URL/],
    ['ws://civitai.com/models/1', /is no https URL/],
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
};

function expectMeaning(text: string, means: Meaning): void {
  if (means instanceof RegExp) {
    expect(() => parseItem(text)).toThrow(UsageError);
    expect(() => parseItem(text)).toThrow(expect.objectContaining({ code: 'bad-source' }));
    expect(() => parseItem(text)).toThrow(means);
    return;
  }
  const item: SourceItem =
    means.kind === 'path' ? { kind: 'path', path: text } : { kind: 'source', source: means };
  expect(parseItem(text)).toEqual(item);
}

for (const [what, rows] of Object.entries(table)) {
  describe(what, () => {
    it.each(rows.map(([text, means]) => ({ text, means })))('$text', ({ text, means }) => {
      expectMeaning(text, means);
    });
  });
}

describe('a pasted key', () => {
  it.each([
    `https://evil.com/api/download/models/1?token=${key}`,
    `https://civitai.com/api/download/models/abc?type=Model&token=${key}`,
    `https://civitai.com/api/download/models/1?fileId=x&TOKEN=${key}#y`,
    `https://civitai.com/images/1?token=${key}&token=${key}`,
    `https://civitai.com:8443/models/1?token=${key}`,
    `ftp://civitai.com/models/1?token=${key}`,
    `https://[civitai.com/models/1?token=${key}`,
    `https://civitai.com/images/1?a=b&amp;token=${key}`,
    `https://civitai.com/images/1?a=b;token=${key}`,
    `https://civitai.com/images/1#token=${key}`,
    `https://someone:${key}@civitai.com/images/1`,
    `https://${key}@evil.com/models/1`,
  ])('is not in the message about %s', (text) => {
    expect(() => parseItem(text)).toThrow(UsageError);
    expect(() => parseItem(text)).not.toThrow(key);
  });

  it('leaves the rest of the URL as it was', () => {
    expect(withoutSecrets(`civitai.com/models/1?a=b&token=${key}&c=d#e`)).toBe(
      'civitai.com/models/1?a=b&token=…&c=d#e',
    );
    expect(withoutSecrets('urn:air:sdxl:lora:civitai:1@2')).toBe('urn:air:sdxl:lora:civitai:1@2');
  });
});

describe('any text', () => {
  const host = fc.domain().filter((name) => !/(^|\.)civitai\.(com|red|green)$/.test(name));

  it('means something or is refused with a reason', () => {
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

  it('on another host is no source, whatever the path', () => {
    fc.assert(
      fc.property(
        host,
        fc.constantFrom('/models/1', '/api/download/models/1', '/model-versions/1'),
        (name, tail) => {
          expect(() => parseItem(`https://${name}${tail}`)).toThrow(UsageError);
        },
      ),
      { numRuns: 100 },
    );
  });

  it.each([
    `civitai:1@1${'.a'.repeat(50_000)}!`,
    `civitai:1${'.a'.repeat(50_000)}!`,
    `civitai:1@2+3${'.a'.repeat(50_000)}!`,
  ])('that is a very long AIR and wrong only at its end is judged at once', (text) => {
    const started = performance.now();
    expect(() => parseItem(text)).toThrow(UsageError);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it.each(['urn:air:', 'civitai:1@', 'https://civitai.com/models/', 'a:', '1.a'])(
    'of 100,000 times %s is judged at once',
    (piece) => {
      const started = performance.now();
      try {
        parseItem(piece.repeat(100_000));
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
      }
      expect(performance.now() - started).toBeLessThan(1_000);
    },
  );
});
