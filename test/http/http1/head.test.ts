import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { framingOf, parseHead, writeRequest } from '../../../src/http/http1/head.js';

const lines = (...given: readonly string[]) => given.join('\r\n');
const headersOf = (...given: readonly string[]) =>
  Object.fromEntries(parseHead(lines('HTTP/1.1 200 OK', ...given))?.headers ?? []);

describe('a request', () => {
  it('names what is wanted, and where', () => {
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
    'is not written with the value %j',
    (value) => {
      expect(() => writeRequest(new URL('https://a.example/'), { authorization: value })).toThrow(TypeError);
      expect(() => writeRequest(new URL('https://a.example/'), { authorization: value })).toThrow(
        "The header authorization has a value that can't be sent.",
      );
    },
  );

  it('has as many lines as headers, whatever the URL', () => {
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

describe('the head of an answer', () => {
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
  ])('is not %j', (line) => {
    expect(parseHead(line)).toBeUndefined();
  });

  it.each<readonly [what: string, line: string]>([
    ['no colon', 'content-length'],
    ['no name', ': 5'],
    ['a blank before the colon', 'content-length : 5'],
    ['a blank in the name', 'content length: 5'],
    ['a folded line', ' folded'],
    ['a line folded with a tab', '\tfolded'],
    ['a name of other letters', 'conténtlength: 5'],
    ['an end of line within', 'x: a\nb: c'],
    ['a return within', 'x: a\rb'],
    ['nothing', ''],
  ])('has no line with %s', (_what, line) => {
    expect(parseHead(lines('HTTP/1.1 200 OK', 'a: b', line, 'c: d'))).toBeUndefined();
  });

  it('has values without the blanks around them', () => {
    expect(headersOf('a:  b c\t ', 'd:', 'e: \t')).toEqual({ a: 'b c', d: '', e: '' });
  });

  it('has one value of each name', () => {
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

  it('of many blanks does not take long', () => {
    const started = performance.now();
    expect(headersOf(`x: a${' '.repeat(60_000)}b`)).toEqual({ x: `a${' '.repeat(60_000)}b` });
    expect(performance.now() - started).toBeLessThan(500);
  });

  it('of any bytes is understood or is not, but breaks nothing', () => {
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

describe('the end of a body', () => {
  it.each<readonly [what: string, status: number, headers: readonly string[], framing: object | undefined]>([
    ['is told by its length', 200, ['content-length: 5'], { kind: 'length', length: 5 }],
    ['may be its beginning', 200, ['content-length: 0'], { kind: 'length', length: 0 }],
    [
      'may be far away',
      206,
      ['content-length: 999999999999999'],
      { kind: 'length', length: 999_999_999_999_999 },
    ],
    ['is in the chunks', 200, ['transfer-encoding: Chunked'], { kind: 'chunked' }],
    ['is that of the connection', 200, [], { kind: 'close' }],
    ['is at once where there is none', 204, ['content-length: 5'], { kind: 'length', length: 0 }],
    ['is at once where nothing has changed', 304, ['content-length: 5'], { kind: 'length', length: 0 }],
    ['is unknown with two lengths', 200, ['content-length: 5', 'content-length: 6'], undefined],
    ['is unknown with the same length twice', 200, ['content-length: 5', 'content-length: 5'], undefined],
    ['is unknown with a negative length', 200, ['content-length: -5'], undefined],
    ['is unknown with a length that makes no sense', 200, ['content-length: 0x5'], undefined],
    ['is unknown with no length in the header', 200, ['content-length:'], undefined],
    ['is unknown with a length beyond measure', 200, ['content-length: 9999999999999999'], undefined],
    ['is unknown in another coding', 200, ['transfer-encoding: gzip'], undefined],
    ['is unknown in two codings', 200, ['transfer-encoding: gzip, chunked'], undefined],
    [
      'is unknown when chunked twice',
      200,
      ['transfer-encoding: chunked', 'transfer-encoding: chunked'],
      undefined,
    ],
    [
      'is unknown with chunks and a length',
      200,
      ['transfer-encoding: chunked', 'content-length: 5'],
      undefined,
    ],
  ])('%s', (_what, status, headers, framing) => {
    const head = parseHead(lines(`HTTP/1.1 ${status} x`, ...headers));
    if (!head) throw new Error('This is no head.');
    expect(framingOf(head)).toEqual(framing);
  });
});
