import type { Framing } from './head.js';

/** What a decoder makes of bytes: pieces of the body, and whether the body ends with them. */
export interface Decoded {
  readonly pieces: readonly Uint8Array[];
  readonly isEnd: boolean;
}

/** Takes a connection's bytes apart into those of the body. */
export interface BodyDecoder {
  /** The pieces are parts of the given bytes. Undefined when they make no sense. */
  decode(bytes: Uint8Array): Decoded | undefined;
  /** Whether the body may end with the connection. */
  readonly endsWithConnection: boolean;
}

export function createDecoder(framing: Framing): BodyDecoder {
  if (framing.kind === 'length') return new LengthDecoder(framing.length);
  if (framing.kind === 'chunked') return new ChunkedDecoder();
  return { decode: (bytes) => ({ pieces: [bytes], isEnd: false }), endsWithConnection: true };
}

class LengthDecoder implements BodyDecoder {
  readonly endsWithConnection = false;
  #left: number;

  constructor(length: number) {
    this.#left = length;
  }

  decode(bytes: Uint8Array): Decoded | undefined {
    // What comes after the end would be an answer that nobody asked for.
    if (bytes.length > this.#left) return undefined;
    this.#left -= bytes.length;
    return { pieces: [bytes], isEnd: this.#left === 0 };
  }
}

/** A chunk's size with its extensions, or a trailer, is no longer than this, in bytes. */
const LONGEST_LINE = 16 * 1024;

/** The chunked transfer coding (RFC 9112, section 7.1); extensions and trailers are read over. */
class ChunkedDecoder implements BodyDecoder {
  readonly endsWithConnection = false;
  /** Bytes of the chunk that are still to come; its line end is expected at 0. */
  #left = 0;
  #line = '';
  #state: 'size' | 'data' | 'data-end' | 'trailer' | 'end' = 'size';

  decode(bytes: Uint8Array): Decoded | undefined {
    const pieces: Uint8Array[] = [];
    for (let position = 0; position < bytes.length; ) {
      if (this.#state === 'end') return undefined;
      if (this.#state === 'data') {
        const piece = bytes.subarray(position, position + this.#left);
        pieces.push(piece);
        position += piece.length;
        this.#left -= piece.length;
        if (this.#left === 0) this.#state = 'data-end';
        continue;
      }
      const newline = bytes.indexOf(10, position);
      const end = newline < 0 ? bytes.length : newline;
      this.#line += Buffer.from(bytes.subarray(position, end)).toString('latin1');
      position = end + 1;
      if (this.#line.length > LONGEST_LINE) return undefined;
      if (newline >= 0 && !this.#endLine()) return undefined;
    }
    return { pieces, isEnd: this.#state === 'end' };
  }

  /** @returns whether the line makes sense */
  #endLine(): boolean {
    if (!this.#line.endsWith('\r')) return false;
    const line = this.#line.slice(0, -1);
    this.#line = '';
    switch (this.#state) {
      case 'size': {
        const size = /^(?<size>[0-9a-f]{1,12})[ \t]*(;|$)/i.exec(line)?.groups?.size;
        if (size === undefined) return false;
        this.#left = Number.parseInt(size, 16);
        this.#state = this.#left === 0 ? 'trailer' : 'data';
        return true;
      }
      case 'data-end':
        this.#state = 'size';
        return line === '';
      default:
        if (line === '') this.#state = 'end';
        return true;
    }
  }
}
