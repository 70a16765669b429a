import { describe, expect, it } from 'vitest';
import { ContentError, FileSystemError, InterruptedError, NetworkError } from '../../src/errors.js';
import { toNetworkError } from '../../src/http/errors.js';

const url = new URL('https://me:s3cret@storage.example:8443/file?sig=s3cret');
const { signal } = new AbortController();
const coded = (code: string, cause?: unknown) =>
  Object.assign(new Error('low-level s3cret', { cause }), { code });
const failed = (error: unknown) => toNetworkError(error, url, signal);

describe('a request that fails', () => {
  it.each([
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
    ['UND_ERR_HEADERS_TIMEOUT', 'timeout'],
    ['UND_ERR_BODY_TIMEOUT', 'timeout'],
    ['ETIMEDOUT', 'timeout'],
    ['ECONNREFUSED', 'unreachable'],
    ['ENOTFOUND', 'unreachable'],
    ['EAI_AGAIN', 'unreachable'],
    ['EHOSTUNREACH', 'unreachable'],
    ['ENETUNREACH', 'unreachable'],
    ['ENETDOWN', 'unreachable'],
    ['EAI_FAIL', 'unreachable'],
    ['CERT_HAS_EXPIRED', 'untrusted'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'untrusted'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'untrusted'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'untrusted'],
    ['HOSTNAME_MISMATCH', 'untrusted'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'untrusted'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'broken'],
    ['ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC', 'broken'],
    ['ECONNRESET', 'broken'],
    ['EPIPE', 'broken'],
    ['ECONNABORTED', 'broken'],
    ['UND_ERR_SOCKET', 'broken'],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'broken'],
    ['HPE_INVALID_CONSTANT', 'broken'],
  ])('with %s is %s', (code, kind) => {
    const low = coded(code);
    const error = failed(low);
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({
      code: kind,
      cause: low,
      message: expect.stringContaining('storage.example:8443'),
    });
    expect(error).not.toMatchObject({ message: expect.stringContaining('s3cret') });
  });

  it('with what is not HTTP, for which undici has no code, is broken', () => {
    const low = Object.assign(new Error('Expected HTTP/'), { name: 'HTTPParserError', code: undefined });
    for (const error of [low, new TypeError('x', { cause: low })])
      expect(failed(error)).toMatchObject({
        code: 'broken',
        message: 'The connection to storage.example:8443 broke (HPE_INVALID).',
      });
  });

  it('has the code of its cause', () => {
    expect(failed(new TypeError('fetch failed', { cause: coded('ECONNRESET') }))).toMatchObject({
      code: 'broken',
    });
  });

  it('on all addresses of a host has the code of the first one', () => {
    expect(failed(new AggregateError([coded('ECONNREFUSED'), coded('ENETUNREACH')]))).toMatchObject({
      code: 'unreachable',
      message: 'Cannot reach storage.example:8443 (ECONNREFUSED).',
    });
  });

  it.each<readonly [what: string, error: unknown]>([
    ['a CivitdlError', new ContentError('too-long', 'x')],
    ['a FileSystemError', new FileSystemError('no-space', 'x')],
    ['a TypeError', new TypeError('x is not a function')],
    ['an empty AggregateError', new AggregateError([])],
    ['a text', 'x'],
    ['undefined', undefined],
  ])('with %s is returned unchanged', (_what, error) => {
    expect(failed(error)).toBe(error);
  });

  it.each(['ENOSPC', 'EDQUOT', 'EIO', 'EACCES', 'EROFS'])(
    'with %s of a disk is returned unchanged',
    (code) => {
      const low = Object.assign(coded(code), { errno: -28, syscall: 'write' });
      expect(failed(low)).toBe(low);
    },
  );

  it.each(['EACCES', 'EPERM', 'ENOBUFS', 'ECONNRESET'])('with %s while connecting is unreachable', (code) => {
    const low = Object.assign(coded(code), { errno: -13, syscall: 'connect' });
    expect(failed(low)).toMatchObject({ code: 'unreachable' });
    expect(failed(Object.assign(new AggregateError([low]), { code }))).toMatchObject({ code: 'unreachable' });
  });

  it('after its signal has aborted has the reason of the signal', () => {
    const reason = new InterruptedError();
    expect(toNetworkError(coded('ECONNRESET'), url, AbortSignal.abort(reason))).toBe(reason);
  });
});
