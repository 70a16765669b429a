import { describe, expect, it } from 'vitest';
import { ContentError } from '../../src/errors.js';
import { checkContentType, checkSignature, SIGNATURE_LENGTH } from '../../src/transfer/content-check.js';

const wrongKind = expect.objectContaining({ code: 'wrong-kind' });

describe('the content type of a response', () => {
  it.each([
    ['binary/octet-stream', undefined],
    ['application/octet-stream', undefined],
    ['application/zip', 'identity'],
    ['text/plain', ' Identity '],
    ['', undefined],
    [undefined, undefined],
  ])('%j with the encoding %j is accepted', (type, encoding) => {
    expect(() => checkContentType('a.ckpt', type, encoding)).not.toThrow();
  });

  it.each([
    ['text/html', undefined, 'a.ckpt: the server sent text/html instead of the file.'],
    ['Text/HTML; charset=utf-8', undefined, 'the server sent text/html instead'],
    ['application/json', undefined, 'the server sent application/json instead'],
    ['application/problem+json;x=y', undefined, 'the server sent application/problem+json instead'],
    ['application/xhtml+xml', undefined, 'instead of the file'],
    ['application/octet-stream', 'gzip', 'a.ckpt: the server sent a gzip-encoded body instead of the file.'],
    [undefined, 'BR', 'the server sent a br-encoded body instead'],
  ])('%j with the encoding %j is rejected', (type, encoding, message) => {
    expect(() => checkContentType('a.ckpt', type, encoding)).toThrow(ContentError);
    expect(() => checkContentType('a.ckpt', type, encoding)).toThrow(wrongKind);
    expect(() => checkContentType('a.ckpt', type, encoding)).toThrow(message);
  });
});

describe('the beginning of a safetensors file', () => {
  const header = (length: bigint, next = '{') => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(length);
    return Buffer.concat([bytes, Buffer.from(next)]);
  };

  it.each([
    ['a header', header(2n)],
    ['a long header', header(100_000_000n)],
    ['a header and more bytes', header(12n, '{"__metadata__":')],
  ])('is accepted: %s', (_name, bytes) => {
    expect(() => checkSignature('a.safetensors', bytes)).not.toThrow();
    expect(() => checkSignature('A.SAFETENSORS', bytes)).not.toThrow();
  });

  it.each([
    ['a header that is too long', header(100_000_001n)],
    ['a header of absurd length', header(2n ** 64n - 1n)],
    ['an array as header', header(2n, '[')],
    ['a page', Buffer.from('<!doctype html>')],
    ['an archive', Buffer.from('PK\x03\x04\x14\0\0\0\0\0')],
    ['too few bytes', header(2n).subarray(0, SIGNATURE_LENGTH - 1)],
    ['no bytes', Buffer.alloc(0)],
  ])('is rejected: %s', (_name, bytes) => {
    expect(() => checkSignature('a.safetensors', bytes)).toThrow(wrongKind);
    expect(() => checkSignature('a.SafeTensors', bytes)).toThrow(
      'a.SafeTensors: what the server sent is not a safetensors file.',
    );
  });

  it('is not checked for other extensions', () => {
    expect(() => checkSignature('a.ckpt', Buffer.from('<!doctype html>'))).not.toThrow();
    expect(() => checkSignature('safetensors', Buffer.alloc(0))).not.toThrow();
  });
});
