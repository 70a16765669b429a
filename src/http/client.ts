import type { Dispatcher } from 'undici';
import { NetworkError } from '../errors.js';
import { toNetworkError } from './errors.js';
import type { Http1Client } from './http1/client.js';
import { parseRetryAfter } from './retry.js';
import { exchange, type RawResponse } from './undici.js';
import { assertFetchable, redactUrl, redirectTarget } from './url-policy.js';

export interface HttpResponse extends RawResponse {
  /** Milliseconds that the server asks to wait before the next request. */
  readonly retryAfterMs: number | undefined;
}

/** The only door to the network. */
export interface Http {
  /** Sends one GET; a redirect is an answer like any other. Throws a NetworkError, or the signal's reason. */
  get(url: URL, request: HttpRequest): Promise<HttpResponse>;
  /** The same, following up to {@link MAX_REDIRECTS} redirects: over https, or from loopback to loopback. */
  getFollowing(url: URL, request: HttpRequest): Promise<HttpResponse>;
  /** Sends JSON; a redirect is an answer like any other. Throws like `get`. */
  post(url: URL, json: unknown, request: Pick<HttpRequest, 'signal'>): Promise<HttpResponse>;
  close(): Promise<void>;
}

interface HttpRequest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Given for a large body, which then comes in the way that costs least: how many bytes to read at a time. */
  readonly readSize?: number;
}

export interface HttpOptions {
  readonly dispatcher: Dispatcher;
  /** For large bodies; without it they come like all others. */
  readonly http1?: Http1Client | undefined;
  readonly userAgent: string;
  /** Sent as a bearer token to this one origin and to nothing else, however a request got elsewhere. */
  readonly credential?: { readonly origin: string; readonly key: string } | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told of every request, in words that hold no secret. */
  readonly trace?: (line: string) => void;
}

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Whether an answer leads elsewhere. */
export function isRedirect(response: HttpResponse): boolean {
  return REDIRECTS.has(response.status) && response.header('location') !== undefined;
}

export function createHttp({
  dispatcher,
  http1,
  userAgent,
  credential,
  now,
  trace = () => {},
}: HttpOptions): Http {
  async function send(
    url: URL,
    { headers = {}, signal, readSize }: HttpRequest,
    body?: string,
  ): Promise<HttpResponse> {
    assertFetchable(url);
    const method = body === undefined ? 'GET' : 'POST';
    const sent: Record<string, string> = {
      'user-agent': userAgent,
      // A compressed body would be another representation than the one whose size and checksum are known.
      'accept-encoding': 'identity',
      ...headers,
    };
    if (credential?.origin === url.origin) sent.authorization = `Bearer ${credential.key}`;
    try {
      const response =
        http1 && readSize !== undefined
          ? await http1.exchange(url, sent, { signal, readSize })
          : await exchange(dispatcher, url, sent, signal, body);
      trace(`${method} ${redactUrl(url)} ${sent.range ?? ''} -> ${response.status}`);
      return {
        ...guarded(response, signal),
        retryAfterMs: parseRetryAfter(response.header('retry-after'), now()),
      };
    } catch (error) {
      const failed = toNetworkError(error, url, signal);
      trace(`${method} ${redactUrl(url)} -> ${failed}`);
      throw failed;
    }
  }

  const get = (url: URL, request: HttpRequest) => send(url, request);

  const post = (url: URL, json: unknown, { signal }: Pick<HttpRequest, 'signal'>) =>
    send(url, { signal, headers: { 'content-type': 'application/json' } }, JSON.stringify(json));

  async function close(): Promise<void> {
    http1?.close();
    await dispatcher.destroy();
  }

  return { get, getFollowing: (url, request) => follow(get, url, request), post, close };
}

/** Sends GETs from redirect to redirect, each by `get`. */
export async function follow(get: Http['get'], start: URL, request: HttpRequest): Promise<HttpResponse> {
  let url = start;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await get(url, request);
    if (!isRedirect(response)) return response;
    response.close();
    url = redirectTarget(url, response.header('location') ?? '');
  }
  throw new NetworkError('broken', `${start.host} redirects in circles.`);
}

/** A response whose body, too, fails with our own errors. */
function guarded(response: RawResponse, signal: AbortSignal): RawResponse {
  return {
    ...response,
    receive: async (sink) => {
      try {
        await response.receive(sink);
      } catch (error) {
        throw toNetworkError(error, response.url, signal);
      }
    },
  };
}
