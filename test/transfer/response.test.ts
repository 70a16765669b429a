import { describe, expect, it } from 'vitest';
import { ContentError, NotFoundError, RateLimitError, ServerError } from '../../src/errors.js';
import type { HttpResponse } from '../../src/http/client.js';
import { type BodyRange, checkResponse, UrlExpired } from '../../src/transfer/response.js';

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
  { start = 0, size }: { start?: number; size?: number } = {},
) => checkResponse(response(status, headers), { name: 'a.ckpt', start, size });

const range = (value: string) => ({ 'content-range': value });

describe('what a response offers', () => {
  it.each<readonly [what: string, offer: () => BodyRange, expected: BodyRange]>([
    ['all', () => read(200, { 'content-length': '10' }), { start: 0, end: 10, total: 10 }],
    [
      'all, though less was asked for',
      () => read(200, { 'content-length': '10' }, { start: 5, size: 10 }),
      { start: 0, end: 10, total: 10 },
    ],
    ['all, of unknown length', () => read(200, {}), { start: 0, end: undefined, total: undefined }],
    [
      'all, of a length that makes no sense',
      () => read(200, { 'content-length': '1e3' }, { size: 7 }),
      { start: 0, end: undefined, total: undefined },
    ],
    ['the rest', () => read(206, range('bytes 5-9/10'), { start: 5 }), { start: 5, end: 10, total: 10 }],
    ['a part', () => read(206, range('bytes 5-7/10'), { start: 5 }), { start: 5, end: 8, total: 10 }],
    [
      'a part of something of unknown length',
      () => read(206, range('bytes 5-7/*'), { start: 5, size: 10 }),
      { start: 5, end: 8, total: undefined },
    ],
    [
      'nothing, since all is there',
      () => read(416, range('bytes */10'), { start: 10 }),
      { start: 10, end: 10, total: 10 },
    ],
    ['nothing, since it is empty', () => read(416, range('bytes */0')), { start: 0, end: 0, total: 0 }],
  ])('is %s', (_what, offer, expected) => {
    expect(offer()).toEqual(expected);
  });

  it.each<readonly [what: string, offer: () => BodyRange, code: string, message: string]>([
    [
      'has another size',
      () => read(200, { 'content-length': '11' }, { size: 10 }),
      'wrong-size',
      'a.ckpt: should have 10 bytes, but storage.example offers 11.',
    ],
    [
      'is a part of something of another size',
      () => read(206, range('bytes 5-9/11'), { start: 5, size: 10 }),
      'wrong-size',
      'offers 11',
    ],
    [
      'is another part',
      () => read(206, range('bytes 4-9/10'), { start: 5 }),
      'wrong-range',
      'a.ckpt: storage.example sent another part of the file than asked for.',
    ],
    ['is a part of which nobody says which', () => read(206, {}), 'wrong-range', 'another part'],
    ['has become shorter', () => read(416, range('bytes */9'), { start: 10 }), 'wrong-range', 'has changed'],
    ['is unsatisfied without a size', () => read(416, {}, { start: 10 }), 'wrong-range', 'has changed'],
    [
      'is all there, but of another size',
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
  ])('is refused when it %s', (_what, offer, code, message) => {
    expect(offer).toThrow(ContentError);
    expect(offer).toThrow(expect.objectContaining({ code }));
    expect(offer).toThrow(message);
  });

  it.each([401, 403, 410])('is an URL to be renewed with status %i', (status) => {
    expect(() => read(status, {})).toThrow(UrlExpired);
    expect(() => read(status, {})).toThrow(
      `a.ckpt: storage.example refuses the URL that leads to it (status ${status}).`,
    );
  });

  it('is not there with status 404', () => {
    expect(() => read(404, {})).toThrow(NotFoundError);
  });

  it.each([408, 500, 503, 599])('is a failure that passes with status %i', (status) => {
    const failing = () =>
      checkResponse(response(status, {}, 2_000), { name: 'a.ckpt', start: 0, size: undefined });
    expect(failing).toThrow(ServerError);
    expect(failing).toThrow(expect.objectContaining({ code: 'server', retryAfterMs: 2_000 }));
  });

  it('is a limit with status 429', () => {
    const failing = () =>
      checkResponse(response(429, {}, 2_000), { name: 'a.ckpt', start: 0, size: undefined });
    expect(failing).toThrow(RateLimitError);
    expect(failing).toThrow(expect.objectContaining({ code: 'rate-limited', retryAfterMs: 2_000 }));
  });

  it.each([204, 302, 400, 405, 418])('makes no sense with status %i', (status) => {
    expect(() => read(status, {})).toThrow(ServerError);
    expect(() => read(status, {})).toThrow(expect.objectContaining({ code: 'bad-answer' }));
  });

  it('is told without the secret in its URL', () => {
    expect(() => read(500, {})).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('s3cret') }),
    );
  });
});
