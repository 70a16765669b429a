import type { Framing } from './head.js';

export interface Decoded {
  /** Parts of the body, in the memory of the decoded bytes. */
  readonly parts: readonly Uint8Array[];
  readonly isEnd: boolean;
  /** Bytes after the end of the body: the next response of a pipeline. */
  readonly rest?: Uint8Array | undefined;
}

export interface BodyDecoder {
  /** Returns undefined if the bytes are invalid. */
  decode(bytes: Uint8Array): Decoded | undefined;
  /** Whether the end of the connection ends the body. */
  readonly endsWithConnection: boolean;
}

export function createDecoder(framing: Framing): BodyDecoder {
  if (framing.kind === 'length') return new LengthDecoder(framing.length);
  if (framing.kind === 'chunked') return new ChunkedDecoder();
  return { decode: (bytes) => ({ parts: [bytes], isEnd: false }), endsWithConnection: true };
}

class LengthDecoder implements BodyDecoder {
  readonly endsWithConnection = false;
  #bytesLeft: number;

  constructor(length: number) {
    this.#bytesLeft = length;
  }

  decode(bytes: Uint8Array): Decoded | undefined {
    const part = bytes.subarray(0, this.#bytesLeft);
    this.#bytesLeft -= part.length;
    const rest = part.length < bytes.length ? bytes.subarray(part.length) : undefined;
    return { parts: [part], isEnd: this.#bytesLeft === 0, rest };
  }
}

/** The maximum length of a chunk's size with its extensions, and of a trailer. */
const MAX_LINE_BYTES = 16 * 1024;
const MAX_TRAILER_BYTES = 64 * 1024;

/** Decodes the chunked transfer coding (RFC 9112, section 7.1); ignores extensions and trailers. */
class ChunkedDecoder implements BodyDecoder {
  readonly endsWithConnection = false;
  #chunkBytesLeft = 0;
  #line = '';
  #trailerBytes = 0;
  #state: 'size' | 'data' | 'data-end' | 'trailer' | 'end' = 'size';

  decode(bytes: Uint8Array): Decoded | undefined {
    const parts: Uint8Array[] = [];
    for (let position = 0; position < bytes.length; ) {
      if (this.#state === 'end') return { parts, isEnd: true, rest: bytes.subarray(position) };
      if (this.#state === 'data') {
        const part = bytes.subarray(position, position + this.#chunkBytesLeft);
        parts.push(part);
        position += part.length;
        this.#chunkBytesLeft -= part.length;
        if (this.#chunkBytesLeft === 0) this.#state = 'data-end';
        continue;
      }
      const newline = bytes.indexOf(10, position);
      const end = newline < 0 ? bytes.length : newline;
      this.#line += Buffer.from(bytes.subarray(position, end)).toString('latin1');
      position = end + 1;
      if (this.#line.length > MAX_LINE_BYTES) return undefined;
      if (newline >= 0 && !this.#endLine()) return undefined;
    }
    return { parts, isEnd: this.#state === 'end' };
  }

  /** @returns whether the line is valid */
  #endLine(): boolean {
    if (!this.#line.endsWith('\r')) return false;
    const line = this.#line.slice(0, -1);
    this.#line = '';
    switch (this.#state) {
      case 'size': {
        const size = /^(?<size>[0-9a-f]{1,12})[ \t]*(;|$)/i.exec(line)?.groups?.size;
        if (size === undefined) return false;
        this.#chunkBytesLeft = Number.parseInt(size, 16);
        this.#state = this.#chunkBytesLeft === 0 ? 'trailer' : 'data';
        return true;
      }
      case 'data-end':
        this.#state = 'size';
        return line === '';
      default:
        if (line === '') this.#state = 'end';
        this.#trailerBytes += line.length + 2;
        return this.#trailerBytes <= MAX_TRAILER_BYTES;
    }
  }
}
