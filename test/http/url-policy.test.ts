import { describe, expect, it } from 'vitest';
import { NetworkError } from '../../src/errors.js';
import { assertFetchable, isFetchable, redactUrl, redirectTarget } from '../../src/http/url-policy.js';

const untrusted = expect.objectContaining({ code: 'untrusted' });

describe('a URL', () => {
  it.each([
    ['https://civitai.com/x', true],
    ['https://127.0.0.1/x', true],
    ['http://localhost:3000/x', true],
    ['http://127.0.0.1/x', true],
    ['http://127.9.8.7:1/x', true],
    ['http://2130706433/x', true],
    ['http://[::1]:3000/x', true],
    ['http://civitai.com/x', false],
    ['http://localhost.evil.com/x', false],
    ['http://127.0.0.1.evil.com/x', false],
    ['http://evil.com/127.0.0.1', false],
    ['http://localhost@evil.com/', false],
    ['http://192.168.0.1/x', false],
    ['http://0.0.0.0/x', false],
    ['http://[::2]/x', false],
    ['ftp://localhost/x', false],
    ['file:///etc/passwd', false],
    ['data:text/plain,x', false],
  ])('%s may be fetched: %s', (url, may) => {
    expect(isFetchable(new URL(url))).toBe(may);
    if (may) expect(() => assertFetchable(new URL(url))).not.toThrow();
    else expect(() => assertFetchable(new URL(url))).toThrow(untrusted);
  });
});

describe('a redirect', () => {
  const https = 'https://civitai.com/api/download/models/1?a=b';
  const loopback = 'http://127.0.0.1:3000/api/x';

  it.each([
    ['to another host', https, 'https://b2.civitai.com/file?sig=1', 'https://b2.civitai.com/file?sig=1'],
    ['to another path', https, '/login?x=y', 'https://civitai.com/login?x=y'],
    ['to a relative path', https, '2', 'https://civitai.com/api/download/models/2'],
    ['to another host by the same scheme', https, '//example.com/x', 'https://example.com/x'],
    ['to another query', https, '?c=d', 'https://civitai.com/api/download/models/1?c=d'],
    ['from loopback to loopback', loopback, 'http://localhost:4000/y', 'http://localhost:4000/y'],
    ['from loopback to https', loopback, 'https://example.com/y', 'https://example.com/y'],
    ['on loopback', loopback, '/y', 'http://127.0.0.1:3000/y'],
  ])('%s is followed', (_what, from, location, target) => {
    expect(redirectTarget(new URL(from), location).href).toBe(target);
  });

  it.each([
    ['from https to http', https, 'http://civitai.com/x'],
    ['from https to loopback', https, 'http://127.0.0.1:3000/x'],
    ['from https to localhost', https, 'http://localhost/x'],
    ['from loopback to http elsewhere', loopback, 'http://example.com/x'],
    ['from loopback to another host by the same scheme', loopback, '//example.com/x'],
    ['to a file', https, 'file:///etc/passwd'],
    ['from loopback to a file', loopback, 'file:///etc/passwd'],
    ['to another scheme', https, 'ftp://example.com/x'],
    ['to data', https, 'data:text/plain,x'],
    ['to a script', https, 'javascript:alert(1)'],
    ['to an invalid URL', https, 'https://['],
  ])('%s is refused', (_what, from, location) => {
    expect(() => redirectTarget(new URL(from), location)).toThrow(NetworkError);
    expect(() => redirectTarget(new URL(from), location)).toThrow(untrusted);
  });

  it('is refused without secrets in the message', () => {
    const refused = () =>
      redirectTarget(new URL(`${https}&token=s3cret`), 'http://me:s3cret@example.com/x?sig=s3cret#s3cret');
    expect(refused).toThrow(
      'Refused a redirect from civitai.com to http://example.com/x?…: it is not https.',
    );
  });
});

describe('a redacted URL', () => {
  it.each([
    ['https://civitai.com/x?token=s3cret', 'https://civitai.com/x?…'],
    ['https://me:s3cret@civitai.com:8443/x#s3cret', 'https://civitai.com:8443/x'],
    ['http://[::1]:3000/', 'http://[::1]:3000/'],
  ])('%s is %s', (url, shown) => {
    expect(redactUrl(new URL(url))).toBe(shown);
  });
});
