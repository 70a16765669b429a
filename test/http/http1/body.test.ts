import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BodyDecoder, createDecoder } from '../../../src/http/http1/body.js';
import type { Framing } from '../../../src/http/http1/head.js';

const chunked: Framing = { kind: 'chunked' };

/** Decodes bytes that arrive in these parts. Returns undefined if they are invalid. */
function decode(framing: Framing, parts: readonly Uint8Array[]) {
  const decoder: BodyDecoder = createDecoder(framing);
  const body: Uint8Array[] = [];
  let isEnd = false;
  for (const part of parts) {
    // The connection reuses its memory, too.
    const memory = Uint8Array.from(part);
    const decoded = decoder.decode(memory);
    if (!decoded) return undefined;
    body.push(...decoded.parts.map((bytes) => Uint8Array.from(bytes)));
    isEnd = decoded.isEnd;
    memory.fill(0);
  }
  return { body: Buffer.concat(body).toString('latin1'), isEnd };
}

const decodeText = (framing: Framing, ...texts: readonly string[]) =>
  decode(
    framing,
    texts.map((text) => Buffer.from(text, 'latin1')),
  );

/** Splits bytes at these positions. */
function split(bytes: Buffer, at: readonly number[]): Buffer[] {
  const positions = [
    0,
    ...[...at].map((position) => position % (bytes.length + 1)).sort((a, b) => a - b),
    bytes.length,
  ];
  return positions.slice(1).map((end, index) => bytes.subarray(positions[index], end));
}

describe('a body of known length', () => {
  it('ends with its last byte', () => {
    expect(decodeText({ kind: 'length', length: 5 }, 'ab', 'c')).toEqual({ body: 'abc', isEnd: false });
    expect(decodeText({ kind: 'length', length: 5 }, 'ab', 'cde')).toEqual({ body: 'abcde', isEnd: true });
  });

  it('leaves the bytes after its end', () => {
    const decoder = createDecoder({ kind: 'length', length: 5 });
    expect(decoder.decode(Buffer.from('ab'))).toMatchObject({ isEnd: false, rest: undefined });
    expect(decoder.decode(Buffer.from('cdefg'))).toEqual({
      parts: [Buffer.from('cde')],
      isEnd: true,
      rest: Buffer.from('fg'),
    });
  });

  it('does not end with the connection', () => {
    expect(createDecoder({ kind: 'length', length: 5 }).endsWithConnection).toBe(false);
    expect(createDecoder(chunked).endsWithConnection).toBe(false);
    expect(createDecoder({ kind: 'close' }).endsWithConnection).toBe(true);
  });
});

describe('a body that ends with the connection', () => {
  it('contains all bytes', () => {
    expect(decodeText({ kind: 'close' }, 'ab', 'cd')).toEqual({ body: 'abcd', isEnd: false });
  });
});

/** A chunk in any valid notation. */
const chunk = fc.record({
  content: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  extension: fc.constantFrom('', ';a=b', ' ; quoted="x y"', '\t'),
  isUpper: fc.boolean(),
  zeros: fc.nat(3),
});
const bodyEnd = fc.constantFrom('0\r\n\r\n', '000;x\r\n\r\n', '0\r\nx-checksum: 5\r\ny: z\r\n\r\n');

describe('a chunked body', () => {
  it('is the same for any split of its bytes', () => {
    fc.assert(
      fc.property(
        fc.array(chunk, { maxLength: 6 }),
        bodyEnd,
        fc.array(fc.nat(), { maxLength: 12 }),
        (chunks, end, positions) => {
          const encoded = chunks.flatMap(({ content, extension, isUpper, zeros }) => {
            const size = '0'.repeat(zeros) + content.length.toString(16);
            return [
              Buffer.from(`${isUpper ? size.toUpperCase() : size}${extension}\r\n`),
              content,
              Buffer.from('\r\n'),
            ];
          });
          const bytes = Buffer.concat([...encoded, Buffer.from(end)]);
          const body = Buffer.concat(chunks.map(({ content }) => content)).toString('latin1');
          expect(decode(chunked, split(bytes, positions))).toEqual({ body, isEnd: true });
          const single = [...bytes].map((byte) => Uint8Array.of(byte));
          expect(decode(chunked, single)).toEqual({ body, isEnd: true });
          const allButLast = bytes.subarray(0, -1);
          expect(decode(chunked, split(allButLast, positions))).toEqual({ body, isEnd: false });
        },
      ),
    );
  });

  it.each([
    ['no size', '\r\n'],
    ['an invalid size', 'x\r\na'],
    ['a negative size', '-1\r\na'],
    ['a prefix before its size', '0x1\r\na'],
    ['a space before its size', ' 1\r\na'],
    ['a size of 13 digits', `${'f'.repeat(13)}\r\na`],
    ['more than its size', '1\r\nab\r\n'],
    ['less than its size', '3\r\nab\r\n0\r\n\r\n'],
    ['no end of line after its data', '1\r\na0\r\n\r\n'],
    ['a lone carriage return after its size', '1\rx\r\na\r\n'],
    ['a lone newline after its size', '1\na\r\n'],
    ['a lone newline after its data', '1\r\na\n0\r\n\r\n'],
    ['a very long extension', `1;${'x'.repeat(17_000)}\r\na`],
    ['an endless extension', `1;${'x'.repeat(17_000)}`],
    ['an endless trailer', `0\r\n${'x'.repeat(17_000)}`],
  ])('with %s is invalid', (_what, text) => {
    expect(decodeText(chunked, text)).toBeUndefined();
    expect(decodeText(chunked, ...text)).toBeUndefined();
  });

  it('of random bytes is decoded the same way for any split, and is never longer than they are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('0', '1', 'a', ';', '\r', '\n', 'x') })),
        (texts) => {
          const all = texts.join('');
          const decoded = decodeText(chunked, ...texts);
          expect(all.length).toBeGreaterThanOrEqual(decoded?.body.length ?? 0);
          expect(decodeText(chunked, all)).toEqual(decoded);
        },
      ),
    );
  });
});
