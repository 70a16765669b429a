import type { Dispatcher } from 'undici';
import { NetworkError } from '../errors.js';
import type { Connector } from './connector.js';
import { toNetworkError } from './errors.js';
import type { Http1Client } from './http1/client.js';
import { receiveAtRate } from './rate-floor.js';
import { parseRetryAfter } from './retry.js';
import { exchange, type RawResponse } from './undici.js';
import { assertFetchable, redactUrl, redirectTarget } from './url-policy.js';

export interface HttpResponse extends RawResponse {
  readonly retryAfterMs: number | undefined;
}

/** Sends all requests of a run. Every method throws a NetworkError if no response arrives. */
export interface Http {
  /** Sends one GET request, without following redirects. */
  get(url: URL, request: HttpRequest): Promise<HttpResponse>;
  /** Sends a GET request and follows up to {@link MAX_REDIRECTS} redirects: over https, or from loopback to loopback. */
  getFollowing(url: URL, request: HttpRequest): Promise<HttpResponse>;
  /** Sends one POST request, without following redirects. */
  post(url: URL, json: unknown, request: { readonly signal: AbortSignal }): Promise<HttpResponse>;
  /** Opens connections for large bodies ahead of requests. Failures show in the requests. */
  preconnect(url: URL, count: number, request: BodyRequest): void;
  close(): Promise<void>;
}

interface BodyRequest {
  readonly signal: AbortSignal;
  readonly readSize: number;
}

interface HttpRequest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Bytes to read at a time. Set for a large body, which then uses the HTTP/1.1 client, if any. */
  readonly readSize?: number;
  /** Floor of the rate of a large body; that of other bodies is {@link MIN_BYTES_PER_SECOND}. None by default. */
  readonly minBytesPerSecond?: number;
  /** Requests for large bodies with the same object are sent without waiting for the response before. */
  readonly pipeline?: object;
}

interface OutgoingRequest extends HttpRequest {
  readonly body?: string;
}

/** Callbacks around each request, including each step of a redirect. */
export interface HttpHooks {
  /** Called before a request: waits until it may be sent and returns the time, for `afterResponse`. */
  beforeRequest(url: URL, signal: AbortSignal): Promise<number>;
  /** Called after the head of a response, with the time that `beforeRequest` returned. */
  afterResponse(url: URL, response: HttpResponse, sentAt: number): void;
}

export interface HttpOptions {
  /** Opens the connections of the others. */
  readonly connector?: Connector;
  readonly dispatcher: Dispatcher;
  /** The API's URL, which decides what else may be fetched. */
  readonly baseUrl?: URL;
  readonly timeouts?: HttpTimeouts;
  /** Used for large bodies instead of the dispatcher. */
  readonly http1?: Http1Client | undefined;
  readonly userAgent: string;
  /** Sent as a bearer token to this one origin only, also after redirects. */
  readonly credential?: { readonly origin: string; readonly key: string } | undefined;
  readonly hooks?: HttpHooks;
  readonly now: () => number;
  /** Called with a line for every request, which contains no secret. */
  readonly trace?: (line: string) => void;
}

interface HttpTimeouts {
  /** The maximum time for the head of a response without a large body. */
  readonly headMs: number;
  /** Period over which the rate of a body is measured. */
  readonly idleMs: number;
}

/** A modem of the last century is faster; a peer that sends a byte now and then is not. */
export const MIN_BYTES_PER_SECOND = 1_000;
const DEFAULT_TIMEOUTS: HttpTimeouts = { headMs: 100_000, idleMs: 30_000 };

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

const noHooks: HttpHooks = { beforeRequest: async () => 0, afterResponse: () => {} };

/** Whether a response is a redirect with a target. */
export function isRedirect(response: HttpResponse): boolean {
  return REDIRECTS.has(response.status) && response.header('location') !== undefined;
}

export function createHttp(options: HttpOptions): Http {
  const get: Http['get'] = (url, request) => send(url, request, options);
  return {
    get,
    getFollowing: (url, request) => follow(url, request, get),
    post: (url, json, { signal }) => {
      const headers = { 'content-type': 'application/json' };
      return send(url, { signal, headers, body: JSON.stringify(json) }, options);
    },
    preconnect: (url, count, request) => {
      assertFetchable(url, options.baseUrl);
      options.http1?.preconnect(url, count, request);
    },
    close: async () => {
      options.connector?.close();
      options.http1?.close();
      await options.dispatcher.destroy();
    },
  };
}

async function follow(start: URL, request: HttpRequest, get: Http['get']): Promise<HttpResponse> {
  let url = start;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await get(url, request);
    if (!isRedirect(response)) return response;
    response.close();
    url = redirectTarget(url, response.header('location') ?? '');
  }
  throw new NetworkError('broken', `${start.host} redirected more than ${MAX_REDIRECTS} times.`);
}

async function send(url: URL, request: OutgoingRequest, options: HttpOptions): Promise<HttpResponse> {
  assertFetchable(url, options.baseUrl);
  const { hooks = noHooks } = options;
  const sentAt = await hooks.beforeRequest(url, request.signal);
  const response = await sendTraced(url, request, options);
  hooks.afterResponse(url, response, sentAt);
  return response;
}

async function sendTraced(url: URL, request: OutgoingRequest, options: HttpOptions): Promise<HttpResponse> {
  const { trace = () => {}, now } = options;
  const line = `${request.body === undefined ? 'GET' : 'POST'} ${redactUrl(url)}`;
  try {
    const response = await sendRaw(url, request, options);
    trace(`${line} ${request.headers?.range ?? ''} -> ${response.status}`);
    const retryAfterMs = parseRetryAfter(response.header('retry-after'), now());
    return { ...withNetworkErrors(withRateFloor(response, request, options), request.signal), retryAfterMs };
  } catch (error) {
    const failure = toNetworkError(error, url, request.signal);
    trace(`${line} -> ${failure}`);
    throw failure;
  }
}

function sendRaw(
  url: URL,
  { headers, signal, readSize, body, pipeline }: OutgoingRequest,
  { dispatcher, http1, userAgent, credential, timeouts = DEFAULT_TIMEOUTS }: HttpOptions,
): Promise<RawResponse> {
  const sent: Record<string, string> = {
    'user-agent': userAgent,
    // The known size and checksum are those of the file itself, not of a compressed body.
    'accept-encoding': 'identity',
    ...headers,
  };
  if (credential?.origin === url.origin) sent.authorization = `Bearer ${credential.key}`;
  return http1 && readSize !== undefined
    ? http1.exchange(url, sent, { signal, readSize, pipeline })
    : exchange(dispatcher, url, sent, signal, { body, headTimeoutMs: timeouts.headMs });
}

function withRateFloor(
  response: RawResponse,
  { readSize, minBytesPerSecond = readSize === undefined ? MIN_BYTES_PER_SECOND : 0 }: OutgoingRequest,
  { timeouts = DEFAULT_TIMEOUTS }: HttpOptions,
): RawResponse {
  if (minBytesPerSecond === 0) return response;
  const floor = { minBytesPerSecond, windowMs: timeouts.idleMs };
  return { ...response, receive: (sink) => receiveAtRate(response, sink, floor) };
}

function withNetworkErrors(response: RawResponse, signal: AbortSignal): RawResponse {
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
