import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseItem } from '../../src/civitai/parse-source.js';
import { redactSecrets } from '../../src/civitai/source-url.js';
import { UsageError } from '../../src/errors.js';
import { hash, key, model, sha256, testMeanings, version } from './parsing.js';

testMeanings({
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
    ['https://civitai.com/models/0', /contains an invalid id/],
    ['https://civitai.com/models/66/anything 104', /has several sources/],
    ['https://civitai.com/models/66  191977@205511', /has several sources/],
    ['civitai.com/models/66 https://civitai.com/models/67', /has several sources/],
    ['https://civitai.com/models/2147483648', /contains an invalid id/],
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
    ['https://civitai.com/models/66?modelVersionId=abc', /contains an invalid id/],
    ['https://civitai.com/models/66?modelVersionId=0', /contains an invalid id/],
    ['https://civitai.com/model-versions/99999999999', /contains an invalid id/],
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
    ['https://civitai.com/api/v1/model-versions/by-hash/xyz', /does not name a model/],
    ['https://civitai.com/api/v1/models?tag=anime', /does not name a model/],
    ['https://civitai.com/api/v1/creators', /does not name a model/],
  ],
  'a URL that is not quite tidy': [
    ['https://civitai.com//models/1', model(1)],
    ['civitai.com///models//1//', model(1)],
    ['https://civitai.com//api//download//models//75', version(75)],
    ['https://civitai.com/models/1?modelVersionId=', model(1)],
    ['https://civitai.com/models/1?modelVersionId=&modelVersionId=75', version(75, { modelId: 1 })],
    ['https://civitai.com/api/download/models/75?fileId=', version(75)],
    ['https://civitai.com/api/download/models/75?fileId=&type=VAE', version(75, { file: { type: 'VAE' } })],
    ['https://civitai.com//evil.com/models/1', /does not name a model/],
    ['https://civitai.com/models/1?modelVersionId=x', /contains an invalid id/],
  ],
  'a URL of the older host of downloads': [
    ['https://api.civitai.com/download/models/75', /does not name a model/],
    ['https://api.civitai.com/api/download/models/75?fileId=9', version(75, { file: { fileId: 9 } })],
    ['http://api.civitai.com/api/v1/models/1', model(1)],
    ['api.civitai.com/models/1', model(1)],
    ['https://www.api.civitai.com/models/1', /is on www\.api\.civitai\.com/],
    ['https://api.civitai.red/models/1', /is on api\.civitai\.red/],
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
    ['https://civitai.com/api/download/models/0', /contains an invalid id/],
    ['https://civitai.com/api/download/models/75?fileId=abc', /contains an invalid id/],
    ['https://civitai.com/api/download/models/75?fileId=2147483648', /contains an invalid id/],
    ['https://civitai.com/api/download/models/abc', /does not name a model/],
    ['https://civitai.com/api/download/attachments/75', /does not name a model/],
  ],
  'another page': [
    ['https://civitai.com/images', /the page of images, not of a model/],
    ['https://civitai.com/videos/new', /the page of images/],
    ['https://civitai.com/posts', /the page of posts/],
    ['https://civitai.com/collections/mine', /the page of collections/],
    ['https://civitai.com/articles/5', /the page of an article/],
    ['https://civitai.com/3d-models/5', /the page of a 3D model/],
    ['https://civitai.com/', /does not name a model/],
    ['https://civitai.com', /does not name a model/],
    ['civitai.com', /does not name a model/],
    ['https://civitai.com/models/some-slug', /does not name a model/],
    ['https://civitai.com/models/123abc', /does not name a model/],
  ],
  'a URL of another host': [
    ['https://example.com/models/1', /is on example\.com\. Only URLs of civitai\.com/],
    ['https://civitai.com.evil.com/models/1', /is on civitai\.com\.evil\.com/],
    ['https://evilcivitai.com/models/1', /is on evilcivitai\.com/],
    ['https://civitai.com@evil.com/models/1', /is on evil\.com/],
    ['https://civitai.com:x@evil.com/models/1', /is on evil\.com/],
    ['https://evil.com/https://civitai.com/models/1', /is on evil\.com/],
    ['https://evil.com?civitai.com/models/1', /is on evil\.com/],
    ['https://evil.com#civitai.com/models/1', /is on evil\.com/],
    ['https://civitai.com\\@evil.com/models/1', /does not name a model/],
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
    ['https://', /is not a valid URL/],
    ['https://[civitai.com/models/1', /is not a valid URL/],
    ['ftp://civitai.com/models/1', /is not an https URL/],
    ['file:///etc/passwd', /is not an https URL/],
    ['ws://civitai.com/models/1', /is not an https URL/],
  ],
});

it('refuses every other host, whatever the path', () => {
  const host = fc.domain().filter((name) => !/(^|\.)civitai\.(com|red|green)$/.test(name));
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

describe('a pasted key', () => {
  it.each([
    `https://evil.com/api/download/models/1?token=${key}`,
    `https://civitai.com/api/download/models/abc?type=Model&token=${key}`,
    `https://civitai.com/api/download/models/1?fileId=x&TOKEN=${key}#y`,
    `https://civitai.com/articles/1?token=${key}&token=${key}`,
    `https://civitai.com:8443/models/1?token=${key}`,
    `ftp://civitai.com/models/1?token=${key}`,
    `https://[civitai.com/models/1?token=${key}`,
    `https://civitai.com/articles/1?a=b&amp;token=${key}`,
    `https://civitai.com/articles/1?a=b;token=${key}`,
    `https://civitai.com/articles/1#token=${key}`,
    `https://someone:${key}@civitai.com/articles/1`,
    `https://${key}@evil.com/models/1`,
  ])('is not in the error for %s', (text) => {
    expect(() => parseItem(text)).toThrow(UsageError);
    expect(() => parseItem(text)).not.toThrow(key);
  });

  it('is the only replaced part of a URL', () => {
    expect(redactSecrets(`civitai.com/models/1?a=b&token=${key}&c=d#e`)).toBe(
      'civitai.com/models/1?a=b&token=…&c=d#e',
    );
    expect(redactSecrets('urn:air:sdxl:lora:civitai:1@2')).toBe('urn:air:sdxl:lora:civitai:1@2');
  });
});
