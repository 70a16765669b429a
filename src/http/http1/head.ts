/** The beginning of a response. */
export interface ResponseHead {
  readonly status: number;
  /** By lower-case names; several of one name are joined with commas. */
  readonly headers: ReadonlyMap<string, string>;
  /** Whether the connection may be used again afterwards. */
  readonly keepsAlive: boolean;
}

/** How the end of a body is found (RFC 9112, section 6.3); `close` is the connection's end. */
export type Framing =
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' | 'close' };

/**
 * Writes the head of a GET request.
 * @throws TypeError when a header's value could end the line
 */
export function writeRequest(url: URL, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ host: url.host, ...headers }).map(([name, value]) => {
    if (/[^\t\x20-\x7e]/.test(value))
      throw new TypeError(`The header ${name} has a value that can't be sent.`);
    return `${name}: ${value}`;
  });
  return [`GET ${url.pathname}${url.search} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}

/** Reads what stands before the empty line; undefined when it is no head of HTTP/1. */
export function parseHead(text: string): ResponseHead | undefined {
  const [first = '', ...lines] = text.split('\r\n');
  const start = /^HTTP\/1\.(?<minor>[01]) (?<status>\d{3})( |$)/.exec(first)?.groups;
  if (!start) return undefined;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const field = /^(?<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+):(?<rest>.*)$/.exec(line)?.groups;
    if (!field?.name) return undefined;
    const name = field.name.toLowerCase();
    const value = field.rest?.trim() ?? '';
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const connection = headers.get('connection')?.toLowerCase() ?? '';
  const keepsAlive = start.minor === '1' && !/\bclose\b/.test(connection);
  return { status: Number(start.status), headers, keepsAlive };
}

/** How the body of an answer to GET ends; undefined when the head contradicts itself. */
export function framingOf({ status, headers }: ResponseHead): Framing | undefined {
  if (status === 204 || status === 304) return { kind: 'length', length: 0 };
  const coding = headers.get('transfer-encoding')?.toLowerCase();
  const length = headers.get('content-length');
  if (coding !== undefined)
    return coding === 'chunked' && length === undefined ? { kind: 'chunked' } : undefined;
  if (length === undefined) return { kind: 'close' };
  return /^\d{1,15}$/.test(length) ? { kind: 'length', length: Number(length) } : undefined;
}
