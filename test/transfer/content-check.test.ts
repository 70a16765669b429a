import { describe, expect, it } from 'vitest';
import { ContentError } from '../../src/errors.js';
import {
  checkContentType,
  checkSignature,
  describeMislabeled,
  explainMismatch,
  SIGNATURE_LENGTH,
} from '../../src/transfer/content-check.js';

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

describe('the content type of a text file', () => {
  it.each([
    ['workflow.json', 'application/json'],
    ['Workflow.JSON', 'application/problem+json; charset=utf-8'],
    ['readme.html', 'text/html'],
    ['config.yaml', 'application/json'],
    ['notes.md', 'text/html'],
  ])('of %s may be %s', (name, type) => {
    expect(() => checkContentType(name, type, undefined)).not.toThrow();
    expect(() => checkSignature(name, Buffer.from('<!doctype html>'))).not.toThrow();
    expect(() => checkSignature(name, Buffer.from('{"error":"x"}'))).not.toThrow();
  });
});

/** Bytes that are a message instead of a model, and how they are called. */
const messages: readonly (readonly [text: string, what: string])[] = [
  ['<!DOCTYPE html><html>', 'a web page'],
  ['\ufeff\n <HTML lang="en">', 'a web page'],
  ['<head><title>Sign in</title>', 'a web page'],
  ['{"error":"Unauthorized"}', 'an error message in JSON'],
  ['{\n  "code": "expired_auth_token"', 'an error message in JSON'],
  ['{"message":"x"}', 'an error message in JSON'],
  ['<?xml version="1.0"?><Error>', 'a message in XML'],
  ['<Error><Code>AccessDenied</Code>', 'a message in XML'],
];

describe('a message instead of a model', () => {
  it.each(messages)('is rejected: %j', (text, what) => {
    for (const name of ['a.ckpt', 'a.gguf', 'a.zip', 'safetensors'])
      expect(() => checkSignature(name, Buffer.from(text))).toThrow(
        `${name}: what the server sent is ${what}, not the file.`,
      );
    expect(() => checkSignature('a.ckpt', Buffer.from(text))).toThrow(wrongKind);
  });

  it.each(['PK\x03\x04', 'GGUF', '\x80\x02', '{"a":1}', '<', '', '<!docto'])('is not seen in %j', (text) => {
    expect(() => checkSignature('a.ckpt', Buffer.from(text, 'latin1'))).not.toThrow();
  });
});

describe('a wrong checksum', () => {
  const wrong = new ContentError('wrong-checksum', 'a.ckpt: wrong SHA256: expected A, got B.');
  const explained = (name: string, text: string, given: { size?: number; received?: number } = {}) =>
    explainMismatch(wrong, {
      name,
      size: given.size,
      received: given.received ?? text.length,
      beginning: Buffer.from(text, 'latin1'),
    });

  it.each([
    ...messages.map(([text, what]) => [Buffer.from(text).toString('latin1'), what] as const),
    ['\x1f\x8b\x08', 'a gzip-compressed file'] as const,
    ['', 'nothing'] as const,
  ])('is explained by what came: %j', (text, what) => {
    const { code, message } = explained('a.ckpt', text, { size: 1_000_000 });
    expect(code).toBe('wrong-kind');
    expect(message).toBe(`${wrong.message} The server sent ${what}, not the file.`);
  });

  it.each([
    [1_100_000, 1_000_000],
    [1_000_000, 1_100_000],
    [0, 7],
  ])('is explained by the size: %i expected, %i received', (size, received) => {
    const { code, message } = explained('a.ckpt', 'weights', { size, received });
    expect(code).toBe('wrong-checksum');
    expect(message).toBe(`${wrong.message} The server sent ${received} bytes; about ${size} were expected.`);
  });

  it.each([
    ['of the right size', 'a.ckpt', 'weights', { size: 7 }],
    ['of a size that was rounded', 'a.ckpt', 'weights', { size: 12 }],
    ['of unknown size', 'a.ckpt', 'weights', {}],
    ['of a compressed file', 'a.tar.gz', '\x1f\x8b\x08', {}],
    ['of a page', 'a.html', '<html>', {}],
  ])('is not explained %s', (_what, name, text, given) => {
    expect(explained(name, text, given)).toBe(wrong);
  });

  it('is the only error that is explained', () => {
    const other = new ContentError('wrong-kind', 'x');
    const file = { name: 'a', size: 1, received: 9, beginning: Buffer.alloc(0) };
    expect(explainMismatch(other, file)).toBe(other);
  });
});

describe('a verified file that is not what its name says', () => {
  const zip = 'PK\x03\x04\x14\0\0\0\0\0';
  it.each([
    [
      'a.safetensors',
      zip,
      'a.safetensors is the published file, but it is a pickle file, which can run code',
    ],
    ['A.SafeTensors', '\x80\x02}q\0\0\0\0\0\0', 'it is a pickle file, which can run code when it is loaded.'],
    ['a.safetensors', 'GGUF\x03\0\0\0\0\0', 'it is not a safetensors file.'],
    ['a.safetensors', 'abc', 'it is not a safetensors file.'],
    ['a.safetensors', '<!doctype html>', 'it is a web page.'],
    ['a.ckpt', '{"error":"x"}', 'it is an error message in JSON.'],
  ])('is warned about: %s', (name, text, warning) => {
    expect(describeMislabeled(name, Buffer.from(text, 'latin1'))).toContain(warning);
  });

  it.each([
    ['a.ckpt', zip],
    ['a.zip', zip],
    ['a.safetensors', '\x02\0\0\0\0\0\0\0{}'],
    ['workflow.json', '{"error":"x"}'],
    ['a.gguf', 'GGUF'],
  ])('is not meant: %s', (name, text) => {
    expect(describeMislabeled(name, Buffer.from(text, 'latin1'))).toBeUndefined();
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
    expect(() => checkSignature('a.ckpt', Buffer.from('PK\x03\x04'))).not.toThrow();
    expect(() => checkSignature('safetensors', Buffer.alloc(0))).not.toThrow();
  });
});
