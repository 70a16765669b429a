import type { Agent, Dispatcher } from 'undici';
import { Connector } from './connector.js';
import { malformedError, timeoutError } from './errors.js';
import { MAX_HEAD_BYTES } from './http1/head.js';

type Controller = Dispatcher.DispatchController;
type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/** Receives a chunk, whose memory may be reused afterwards. A pending promise pauses reading from the socket. */
export type ChunkSink = (chunk: Uint8Array) => Promise<void> | undefined;

/** Reading this much of an unwanted body takes less time than opening another connection. */
const MAX_DRAIN_BYTES = 16 * 1024;
const MAX_DRAIN_MS = 1_000;
/** A server sends one or two before its response; undici reads any number of them. */
const MAX_INTERIM_RESPONSES = 64;
const DEFAULT_HEAD_TIMEOUT_MS = 100_000;

/** A response whose body stays in the socket until `receive` or `close` is called. */
export interface RawResponse {
  readonly url: URL;
  readonly status: number;
  /** Returns a header's value by its lower-case name; several values are joined with commas. */
  header(name: string): string | undefined;
  /** Duration of a round trip to the peer, if measured. */
  readonly roundTripMs?: number;
  /** Passes the body to the sink and resolves at its end. */
  receive(sink: ChunkSink): Promise<void>;
  /** Discards the body. Keeps the connection only if little of the body is left. */
  close(): void;
}

export interface ExchangeOptions {
  /** The text of a POST request. */
  readonly body?: string | undefined;
  /** The maximum time from the request to the end of the response's head. */
  readonly headTimeoutMs?: number | undefined;
}

/** Sends one request, a POST if there is a body, and returns its response. Throws undici's own errors. */
export function exchange(
  dispatcher: Dispatcher,
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
  { body, headTimeoutMs = DEFAULT_HEAD_TIMEOUT_MS }: ExchangeOptions = {},
): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const handler = new ResponseHandler(url, signal, headTimeoutMs, resolve, reject);
    const request = { origin: url.origin, path: url.pathname + url.search, headers };
    dispatcher.dispatch(
      body === undefined ? { ...request, method: 'GET' } : { ...request, method: 'POST', body },
      handler,
    );
  });
}

/** Passes the parser's own buffers to the sink: a stream would cost more than the bytes themselves. */
class ResponseHandler implements Dispatcher.DispatchHandler {
  readonly #url: URL;
  readonly #signal: AbortSignal;
  readonly #headTimeoutMs: number;
  readonly #resolve: (response: RawResponse) => void;
  readonly #reject: (error: unknown) => void;
  readonly #ended: Promise<void>;
  #end: () => void = () => {};
  #fail: (error: unknown) => void = () => {};
  #sink: ChunkSink = () => undefined;
  #isReceived = false;
  #controller: Controller | undefined;
  #headTimer: NodeJS.Timeout | undefined;
  #interimResponses = 0;

  constructor(
    url: URL,
    signal: AbortSignal,
    headTimeoutMs: number,
    resolve: (response: RawResponse) => void,
    reject: (error: unknown) => void,
  ) {
    this.#url = url;
    this.#signal = signal;
    this.#headTimeoutMs = headTimeoutMs;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#ended = new Promise((end, fail) => {
      this.#end = end;
      this.#fail = fail;
    });
    // The body may break before `receive` is called.
    this.#ended.catch(() => {});
    this.#listen();
  }

  /** undici calls nothing before it has a connection, which may take half a minute. */
  #listen(): void {
    const abort = () => {
      this.#controller?.abort(this.#signal.reason);
      this.#fail(this.#signal.reason);
      this.#reject(this.#signal.reason);
    };
    if (this.#signal.aborted) {
      abort();
      return;
    }
    this.#signal.addEventListener('abort', abort, { once: true });
    const cleanUp = () => this.#signal.removeEventListener('abort', abort);
    this.#ended.then(cleanUp, cleanUp);
  }

  onRequestStart(controller: Controller): void {
    if (this.#signal.aborted) {
      controller.abort(this.#signal.reason);
      return;
    }
    this.#controller = controller;
    const expire = () => controller.abort(timeoutError('The head of the response did not arrive in time.'));
    this.#headTimer = setTimeout(expire, this.#headTimeoutMs);
  }

  onResponseStart(controller: Controller, status: number, headers: Headers): void {
    if (status < 200) {
      if (++this.#interimResponses > MAX_INTERIM_RESPONSES) controller.abort(malformedError());
      return;
    }
    clearTimeout(this.#headTimer);
    controller.pause();
    this.#resolve({
      url: this.#url,
      status,
      header: (name) => headers[name]?.toString(),
      receive: (sink) => {
        this.#isReceived = true;
        this.#sink = sink;
        controller.resume();
        return this.#ended;
      },
      close: () => this.#discard(controller, Number(headers['content-length'] ?? 0)),
    });
  }

  /** Drains a short body, like that of a redirect, so that the next request can use the connection. */
  #discard(controller: Controller, length: number): void {
    const abort = () => controller.abort(new Error('The response was closed before its end.'));
    if (this.#isReceived || length > MAX_DRAIN_BYTES) {
      abort();
      return;
    }
    const timer = setTimeout(abort, MAX_DRAIN_MS);
    const cleanUp = () => clearTimeout(timer);
    this.#ended.then(cleanUp, cleanUp);
    let bytesLeft = MAX_DRAIN_BYTES;
    this.#sink = (chunk) => {
      bytesLeft -= chunk.length;
      if (bytesLeft < 0) abort();
      return undefined;
    };
    controller.resume();
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    const pending = this.#sink(chunk);
    if (!pending) return;
    controller.pause();
    pending.then(
      () => controller.resume(),
      (error: Error) => controller.abort(error),
    );
  }

  onResponseEnd(): void {
    this.#end();
  }

  onResponseError(_controller: Controller, error: Error): void {
    clearTimeout(this.#headTimer);
    this.#fail(error);
    this.#reject(error);
  }
}

export interface DispatcherOptions {
  /** The maximum time without another byte of a body. */
  readonly timeoutMs: number;
  readonly connector?: Connector;
}

/** Keeps connections alive per origin. The total time of a request is not limited. */
export async function createDispatcher({
  timeoutMs,
  connector = new Connector({ timeoutMs }),
}: DispatcherOptions): Promise<Dispatcher> {
  // Loaded on demand, since many commands send no request.
  const AgentClass = await loadAgent();
  const neverAborted = new AbortController().signal;
  return new AgentClass({
    connect: ({ protocol, host = '' }, callback) => {
      connector.connect(new URL(`${protocol}//${host}`), neverAborted).then(
        ({ socket }) => callback(null, socket),
        (error: Error) => callback(error, null),
      );
    },
    // The handler limits the time for a head: undici starts anew with every byte.
    headersTimeout: 0,
    bodyTimeout: timeoutMs,
    maxHeaderSize: MAX_HEAD_BYTES,
  });
}

/** The whole package takes 65 ms to load, this one file 25 ms. */
const AGENT_PATH: string = 'undici/lib/dispatcher/agent.js';

async function loadAgent(): Promise<typeof Agent> {
  try {
    const loaded: { readonly default: typeof Agent } = await import(AGENT_PATH);
    return loaded.default;
  } catch {
    // The path is private: another release of the package may lack it.
    return (await import('undici')).Agent;
  }
}
