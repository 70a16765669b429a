import { describe, expect, it } from 'vitest';
import { ContentError, NotFoundError, RateLimitError, ServerError } from '../../src/errors.js';
import type { HttpResponse } from '../../src/http/client.js';
import { type BodyRange, checkResponse, type ExpectedBody, UrlExpired } from '../../src/transfer/response.js';

function response(status: number, headers: Record<string, string>, retryAfterMs?: number): HttpResponse {
  return {
    url: new URL('https://storage.example/file?sig=s3cret'),
    status,
    header: (name) => headers[name],
    retryAfterMs,
    receive: () => Promise.reject(new Error('No byte must be taken.')),
    close: () => {},
  };
}

const read = (
  status: number,
  headers: Record<string, string>,
  { name = 'a.ckpt', start = 0, size, hasProof = false }: Partial<ExpectedBody> = {},
) => checkResponse(response(status, headers), { name, start, size, hasProof });

const anyBody: ExpectedBody = { name: 'a.ckpt', start: 0, size: undefined, hasProof: false };
const range = (value: string) => ({ 'content-range': value });

describe('the body of a response', () => {
  it.each<readonly [name: string, body: () => BodyRange, expected: BodyRange]>([
    ['the whole file', () => read(200, { 'content-length': '10' }), { start: 0, end: 10, total: 10 }],
    [
      'the whole file instead of the requested range',
      () => read(200, { 'content-length': '10' }, { start: 5, size: 10 }),
      { start: 0, end: 10, total: 10 },
    ],
    ['the whole file of unknown size', () => read(200, {}), { start: 0, end: undefined, total: undefined }],
    [
      'the whole file with an invalid length',
      () => read(200, { 'content-length': '1e3' }, { size: 7 }),
      { start: 0, end: undefined, total: undefined },
    ],
    [
      'the rest of the file',
      () => read(206, range('bytes 5-9/10'), { start: 5 }),
      { start: 5, end: 10, total: 10 },
    ],
    [
      'a part of the file',
      () => read(206, range('bytes 5-7/10'), { start: 5 }),
      { start: 5, end: 8, total: 10 },
    ],
    [
      'a part of a file of unknown size',
      () => read(206, range('bytes 5-7/*'), { start: 5, size: 10 }),
      { start: 5, end: 8, total: undefined },
    ],
    [
      'empty if the part file is complete',
      () => read(416, range('bytes */10'), { start: 10 }),
      { start: 10, end: 10, total: 10 },
    ],
    ['empty if the file is empty', () => read(416, range('bytes */0')), { start: 0, end: 0, total: 0 }],
  ])('is %s', (_name, body, expected) => {
    expect(body()).toEqual(expected);
  });

  it.each<readonly [name: string, body: () => BodyRange, code: string, message: string]>([
    [
      'has a different size',
      () => read(200, { 'content-length': '11' }, { size: 10 }),
      'wrong-size',
      'a.ckpt: expected 10 bytes, but storage.example offers 11.',
    ],
    [
      'is a part of a file of a different size',
      () => read(206, range('bytes 5-9/11'), { start: 5, size: 10 }),
      'wrong-size',
      'offers 11',
    ],
    [
      'is a different part',
      () => read(206, range('bytes 4-9/10'), { start: 5 }),
      'wrong-range',
      'a.ckpt: storage.example sent a different part of the file than requested.',
    ],
    ['is a part without a Content-Range', () => read(206, {}), 'wrong-range', 'a different part'],
    [
      'is a 416 for a shorter file',
      () => read(416, range('bytes */9'), { start: 10 }),
      'wrong-range',
      'has changed',
    ],
    ['is a 416 without a size', () => read(416, {}, { start: 10 }), 'wrong-range', 'has changed'],
    [
      'is a 416 for a complete file of a different size',
      () => read(416, range('bytes */9'), { start: 9, size: 10 }),
      'wrong-size',
      'offers 9',
    ],
    ['is a page', () => read(200, { 'content-type': 'text/html' }), 'wrong-kind', 'text/html'],
    [
      'is a part of a page',
      () => read(206, { ...range('bytes 0-9/10'), 'content-type': 'text/html' }),
      'wrong-kind',
      'text/html',
    ],
    ['is compressed', () => read(200, { 'content-encoding': 'gzip' }), 'wrong-kind', 'gzip'],
  ])('is rejected if it %s', (_name, body, code, message) => {
    expect(body).toThrow(ContentError);
    expect(body).toThrow(expect.objectContaining({ code }));
    expect(body).toThrow(message);
  });

  it.each([
    ['application/json', { 'content-type': 'application/json' }],
    ['text/html', { 'content-type': 'text/html; charset=utf-8' }],
    ['application/xhtml+xml', { 'content-type': 'application/xhtml+xml' }],
    ['application/problem+json', { 'content-type': 'application/problem+json' }],
    ['gzip', { 'content-encoding': 'gzip' }],
    ['aws-chunked', { 'content-encoding': 'aws-chunked' }],
  ])('may be labelled %s if a checksum decides, unless it would cost bytes', (_label, labels) => {
    const labelled = (headers: Record<string, string>, expected: Partial<ExpectedBody>) => () =>
      read(headers['content-range'] ? 206 : 200, { ...labels, ...headers }, expected);
    const whole = { 'content-length': '10' };
    expect(labelled(whole, { hasProof: true })()).toEqual({ start: 0, end: 10, total: 10 });
    expect(labelled(range('bytes 5-9/10'), { hasProof: true, start: 5, size: 10 })()).toMatchObject({
      end: 10,
    });
    const wrongKind = expect.objectContaining({ code: 'wrong-kind' });
    expect(labelled(whole, { hasProof: true, start: 5 })).toThrow(wrongKind);
    expect(labelled(whole, { hasProof: true, size: 11 })).toThrow(wrongKind);
    expect(labelled(range('bytes 4-9/10'), { hasProof: true, start: 5 })).toThrow(wrongKind);
    expect(labelled(whole, { hasProof: false })).toThrow(wrongKind);
  });

  it.each([401, 403, 410])('requests a new URL after status %i', (status) => {
    expect(() => read(status, {})).toThrow(UrlExpired);
    expect(() => read(status, {})).toThrow(
      `a.ckpt: storage.example rejected the download URL (status ${status}).`,
    );
  });

  it('is not found with status 404', () => {
    expect(() => read(404, {})).toThrow(NotFoundError);
  });

  it.each([408, 500, 503, 599])('is a temporary failure with status %i', (status) => {
    const failing = () => checkResponse(response(status, {}, 2_000), anyBody);
    expect(failing).toThrow(ServerError);
    expect(failing).toThrow(expect.objectContaining({ code: 'server', retryAfterMs: 2_000 }));
  });

  it('is a rate limit with status 429', () => {
    const failing = () => checkResponse(response(429, {}, 2_000), anyBody);
    expect(failing).toThrow(RateLimitError);
    expect(failing).toThrow(expect.objectContaining({ code: 'rate-limited', retryAfterMs: 2_000 }));
  });

  it.each([
    [403, { 'content-type': 'text/html; charset=UTF-8' }],
    [403, { 'cf-mitigated': 'challenge' }],
    [401, { 'cf-mitigated': 'challenge' }],
    [429, { 'cf-mitigated': 'challenge' }],
    [503, { 'cf-mitigated': 'block', 'content-type': 'text/html' }],
  ])('is that of a guard, not of the storage, with status %i and %j', (status, headers) => {
    expect(() => read(status, headers)).toThrow(expect.objectContaining({ code: 'guarded' }));
    expect(() => read(status, headers)).not.toThrow(UrlExpired);
  });

  it.each([204, 302, 400, 405, 418])('is unexpected with status %i', (status) => {
    expect(() => read(status, {})).toThrow(ServerError);
    expect(() => read(status, {})).toThrow(expect.objectContaining({ code: 'bad-answer' }));
  });

  it('is reported without the secret of its URL', () => {
    expect(() => read(500, {})).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('s3cret') }),
    );
  });
});
