import { type Bytes, inMemory } from '../content/content.js';

/** A part of a file, in bytes. */
export interface Span {
  readonly source: Bytes;
  readonly start: number;
  readonly length: number;
}

/** An answer before it is sent. Header names are in lower case. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Span;
}

export function whole(source: Bytes): Span {
  return { source, start: 0, length: source.size };
}

export function reply(
  status: number,
  type: string,
  bytes: Buffer | string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const body = whole(inMemory(Buffer.from(bytes)));
  return {
    status,
    headers: { 'content-type': type, 'content-length': String(body.length), ...headers },
    body,
  };
}

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return reply(status, 'application/json; charset=utf-8', JSON.stringify(value), headers);
}

export function html(title: string): Reply {
  const page = `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`;
  return reply(200, 'text/html; charset=utf-8', page);
}

export function redirect(status: number, location: string): Reply {
  return reply(status, 'text/plain', '', { location });
}
