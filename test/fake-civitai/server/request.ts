import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

export type Host = 'api' | 'r2' | 'b2' | 'images';

/** The purpose of a request. `page` is a page of the site, `other` an unknown path. */
export type Route =
  | 'model'
  | 'models'
  | 'version'
  | 'by-hash'
  | 'owners'
  | 'tensors'
  | 'me'
  | 'images-list'
  | 'collection'
  | 'download'
  | 'storage'
  | 'image'
  | 'page'
  | 'other';

/** A request, and how it was answered. */
export interface RecordedRequest {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly route: Route;
  readonly host: Host;
  readonly method: string;
  /** Including origin and query. */
  readonly url: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  /** 0 until the head of the answer is sent. */
  readonly status: number;
  /** Bytes of the body that were written to the connection. */
  readonly bytesSent: number;
  /** Whether the whole answer was written to the connection. */
  readonly completed: boolean;
}

/** A record that is still updated. */
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
