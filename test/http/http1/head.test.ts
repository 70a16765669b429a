import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { framingOf, parseHead, writeRequest } from '../../../src/http/http1/head.js';
import { processorMs } from '../../harness/processor-time.js';

const lines = (...given: readonly string[]) => given.join('\r\n');
const headersOf = (...given: readonly string[]) =>
  Object.fromEntries(parseHead(lines('HTTP/1.1 200 OK', ...given))?.headers ?? []);

describe('a request', () => {
  it('names the path, the query and the host', () => {
    const url = new URL('https://me:secret@storage.example:8443/a%20b/c?x=1&y=%22#part');
    expect(writeRequest(url, { 'user-agent': 'civitdl/3', range: 'bytes=0-' })).toBe(
      lines(
        'GET /a%20b/c?x=1&y=%22 HTTP/1.1',
        'host: storage.example:8443',
        'user-agent: civitdl/3',
        'range: bytes=0-',
        '',
        '',
      ),
    );
  });

  it.each(['a\r\nx: y', 'a\nb', 'a\rb', 'a\0b', 'a\x7fb', 'é', '\u010a', '\u2028'])(
    'refuses the header value %j',
    (value) => {
      expect(() => writeRequest(new URL('https://a.example/'), { authorization: value })).toThrow(TypeError);
      expect(() => writeRequest(new URL('https://a.example/'), { authorization: value })).toThrow(
        'The value of the header authorization cannot be sent.',
      );
    },
  );

  it('has one line per header for any URL', () => {
    const text = fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) });
    fc.assert(
      fc.property(text, text, (path, query) => {
        const url = new URL('https://a.example/');
        url.pathname = path;
        url.search = query;
        expect(writeRequest(url, {})).toMatch(/^GET \/[!-~]* HTTP\/1\.1\r\nhost: a\.example\r\n\r\n$/);
      }),
    );
  });
});

describe('the head of a response', () => {
  it('has a status and headers', () => {
    expect(parseHead(lines('HTTP/1.1 206 Partial Content', 'Content-Length: 5', 'ETag:"x"'))).toEqual({
      status: 206,
      headers: new Map([
        ['content-length', '5'],
        ['etag', '"x"'],
      ]),
      keepsAlive: true,
    });
  });

  it.each([
    ['HTTP/1.1 200 OK', 200],
    ['HTTP/1.1 200 ', 200],
    ['HTTP/1.1 200', 200],
    ['HTTP/1.0 404 Not Found', 404],
    ['HTTP/1.1 503 \x80\xff: a reason', 503],
  ])('%j has the status %i', (line, status) => {
    expect(parseHead(line)?.status).toBe(status);
  });

  it.each([
    '',
    'HTTP/1.1',
    'HTTP/1.1 20',
    'HTTP/1.1 2000',
    'HTTP/1.1 200OK',
    'HTTP/1.1  200 OK',
    'HTTP/2 200',
    'HTTP/1.2 200 OK',
    'http/1.1 200 OK',
    ' HTTP/1.1 200 OK',
    'ICY 200 OK',
    'GET / HTTP/1.1',
    'SSH-2.0-OpenSSH_9.6',
    '<html>',
  ])('cannot start with %j', (line) => {
    expect(parseHead(line)).toBeUndefined();
  });

  it.each<readonly [what: string, line: string]>([
    ['no colon', 'content-length'],
    ['no name', ': 5'],
    ['a space before the colon', 'content-length : 5'],
    ['a space in the name', 'content length: 5'],
    ['a space at its start', ' folded'],
    ['a tab at its start', '\tfolded'],
    ['a name that is not ASCII', 'conténtlength: 5'],
    ['a newline in it', 'x: a\nb: c'],
    ['a carriage return in it', 'x: a\rb'],
    ['no text', ''],
  ])('cannot have a line with %s', (_what, line) => {
    expect(parseHead(lines('HTTP/1.1 200 OK', 'a: b', line, 'c: d'))).toBeUndefined();
  });

  it('trims values', () => {
    expect(headersOf('a:  b c\t ', 'd:', 'e: \t')).toEqual({ a: 'b c', d: '', e: '' });
  });

  it('joins values of the same name', () => {
    expect(headersOf('Set-Cookie: a', 'x: 1', 'SET-COOKIE: b')).toEqual({ 'set-cookie': 'a, b', x: '1' });
    expect(headersOf('__proto__: a', 'constructor: b')).toEqual(
      Object.fromEntries([
        ['__proto__', 'a'],
        ['constructor', 'b'],
      ]),
    );
  });

  it.each([
    ['HTTP/1.1', undefined, true],
    ['HTTP/1.1', 'keep-alive', true],
    ['HTTP/1.1', 'close', false],
    ['HTTP/1.1', 'Upgrade, Close', false],
    ['HTTP/1.0', undefined, false],
    ['HTTP/1.0', 'keep-alive', false],
  ])('in %s with connection: %s keeps the connection alive: %s', (version, connection, keepsAlive) => {
    const given = connection === undefined ? [] : [`connection: ${connection}`];
    expect(parseHead(lines(`${version} 200 OK`, ...given))?.keepsAlive).toBe(keepsAlive);
  });

  it('with many spaces is parsed in linear time', () => {
    const parse = () =>
      expect(headersOf(`x: a${' '.repeat(60_000)}b`)).toEqual({ x: `a${' '.repeat(60_000)}b` });
    expect(processorMs(parse)).toBeLessThan(500);
  });

  it('of random bytes never yields invalid headers', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary-ascii' })), (given) => {
        const head = parseHead(lines('HTTP/1.1 200 OK', ...given));
        for (const [name, value] of head?.headers ?? []) {
          expect(name).toMatch(/^[!-9;-~]+$/);
          expect(value).not.toMatch(/[\r\n]/);
        }
      }),
    );
  });
});

describe('the framing of a body', () => {
  it.each<readonly [what: string, status: number, headers: readonly string[], framing: object | undefined]>([
    ['is its length', 200, ['content-length: 5'], { kind: 'length', length: 5 }],
    ['may be the length 0', 200, ['content-length: 0'], { kind: 'length', length: 0 }],
    [
      'may be a large length',
      206,
      ['content-length: 999999999999999'],
      { kind: 'length', length: 999_999_999_999_999 },
    ],
    ['is chunked', 200, ['transfer-encoding: Chunked'], { kind: 'chunked' }],
    ['is the connection without a header', 200, [], { kind: 'close' }],
    ['is the length 0 for a 204', 204, ['content-length: 5'], { kind: 'length', length: 0 }],
    ['is the length 0 for a 304', 304, ['content-length: 5'], { kind: 'length', length: 0 }],
    ['is invalid with two lengths', 200, ['content-length: 5', 'content-length: 6'], undefined],
    ['is invalid with the same length twice', 200, ['content-length: 5', 'content-length: 5'], undefined],
    ['is invalid with a negative length', 200, ['content-length: -5'], undefined],
    ['is invalid with a hexadecimal length', 200, ['content-length: 0x5'], undefined],
    ['is invalid with an empty length', 200, ['content-length:'], undefined],
    ['is invalid with a length of 16 digits', 200, ['content-length: 9999999999999999'], undefined],
    ['is invalid with another coding', 200, ['transfer-encoding: gzip'], undefined],
    ['is invalid with two codings', 200, ['transfer-encoding: gzip, chunked'], undefined],
    [
      'is invalid when chunked twice',
      200,
      ['transfer-encoding: chunked', 'transfer-encoding: chunked'],
      undefined,
    ],
    [
      'is invalid with chunks and a length',
      200,
      ['transfer-encoding: chunked', 'content-length: 5'],
      undefined,
    ],
  ])('%s', (_what, status, headers, framing) => {
    const head = parseHead(lines(`HTTP/1.1 ${status} x`, ...headers));
    if (!head) throw new Error('The head is invalid.');
    expect(framingOf(head)).toEqual(framing);
  });
});
