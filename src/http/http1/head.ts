/** Limit of a head together with the interim responses before it. */
export const MAX_HEAD_BYTES = 64 * 1024;
export const HEAD_END = '\r\n\r\n';

export interface ResponseHead {
  readonly status: number;
  /** By lower-case name; several values are joined with commas. */
  readonly headers: ReadonlyMap<string, string>;
  readonly keepsAlive: boolean;
}

/** The way to find the end of a body (RFC 9112, section 6.3); `close` is the end of the connection. */
export type Framing =
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' | 'close' };

/**
 * Returns the text of a GET request.
 * @throws TypeError if a header's value contains an end of line or another unsafe character
 */
export function writeRequest(url: URL, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ host: url.host, ...headers }).map(([name, value]) => {
    if (/[^\t\x20-\x7e]/.test(value)) throw new TypeError(`The value of the header ${name} cannot be sent.`);
    return `${name}: ${value}`;
  });
  return [`GET ${url.pathname}${url.search} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}

/** Parses the lines before the empty line. Returns undefined if they are not valid HTTP/1. */
export function parseHead(text: string): ResponseHead | undefined {
  const [first = '', ...lines] = text.split('\r\n');
  const start = /^HTTP\/1\.(?<minor>[01]) (?<status>[1-9]\d{2})( |$)/.exec(first)?.groups;
  if (!start) return undefined;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const field = /^(?<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+):(?<rest>.*)$/.exec(line)?.groups;
    if (!field?.name) return undefined;
    const name = field.name.toLowerCase();
    const value = field.rest?.trim() ?? '';
    const previous = headers.get(name);
    headers.set(name, previous === undefined ? value : `${previous}, ${value}`);
  }
  const connection = headers.get('connection')?.toLowerCase() ?? '';
  const keepsAlive = start.minor === '1' && !/\bclose\b/.test(connection);
  return { status: Number(start.status), headers, keepsAlive };
}

/** Returns the framing of the body of a response to GET, or undefined if the head contradicts itself. */
export function framingOf({ status, headers }: ResponseHead): Framing | undefined {
  if (status === 204 || status === 304) return { kind: 'length', length: 0 };
  const coding = headers.get('transfer-encoding')?.toLowerCase();
  const length = headers.get('content-length');
  if (coding !== undefined)
    return coding === 'chunked' && length === undefined ? { kind: 'chunked' } : undefined;
  if (length === undefined) return { kind: 'close' };
  return /^\d{1,15}$/.test(length) ? { kind: 'length', length: Number(length) } : undefined;
}
