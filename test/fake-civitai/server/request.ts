import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

export type Host = 'api' | 'r2' | 'b2' | 'images';

/** What a request was for; `page` is a page of the site for people, `other` is anything unknown. */
export type Route =
  | 'model'
  | 'models'
  | 'version'
  | 'by-hash'
  | 'owners'
  | 'me'
  | 'images-list'
  | 'download'
  | 'storage'
  | 'image'
  | 'page'
  | 'other';

/** A request as it came, and what became of it. */
export interface RecordedRequest {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly route: Route;
  readonly host: Host;
  readonly method: string;
  /** With origin and query. */
  readonly url: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  /** What was sent along. */
  readonly body: string;
  /** What was answered; 0 before the head of the answer is sent. */
  readonly status: number;
  /** Bytes of the body that were handed to the connection. */
  readonly bytesSent: number;
  /** Whether the whole answer was handed to the connection. */
  readonly completed: boolean;
}

/** The record while it is being written. */
export type OpenRecord = { -readonly [Key in keyof RecordedRequest]: RecordedRequest[Key] };

export function record(
  message: IncomingMessage,
  host: Host,
  origin: string,
  routeOf: (path: string) => Route,
): OpenRecord {
  const url = new URL(message.url ?? '/', origin);
  return {
    at: Date.now(),
    route: routeOf(url.pathname),
    host,
    method: message.method ?? 'GET',
    url: url.href,
    path: url.pathname,
    query: url.searchParams,
    headers: message.headers,
    rawHeaders: message.rawHeaders,
    body: '',
    status: 0,
    bytesSent: 0,
    completed: false,
  };
}
