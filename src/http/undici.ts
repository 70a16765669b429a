import type { Dispatcher } from 'undici';

type Controller = Dispatcher.DispatchController;
type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/** Receives a chunk, whose memory may be reused afterwards. A pending promise pauses reading from the socket. */
export type ChunkSink = (chunk: Uint8Array) => Promise<void> | undefined;

/** Reading this much of an unwanted body takes less time than opening another connection. */
const MAX_DRAIN_BYTES = 16 * 1024;

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

/** Sends one request, a POST if there is a body, and returns its response. Throws undici's own errors. */
export function exchange(
  dispatcher: Dispatcher,
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
  body?: string,
): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const handler = new ResponseHandler(url, signal, resolve, reject);
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
  readonly #resolve: (response: RawResponse) => void;
  readonly #reject: (error: unknown) => void;
  readonly #ended: Promise<void>;
  #end: () => void = () => {};
  #fail: (error: unknown) => void = () => {};
  #sink: ChunkSink = () => undefined;
  #isReceived = false;

  constructor(
    url: URL,
    signal: AbortSignal,
    resolve: (response: RawResponse) => void,
    reject: (error: unknown) => void,
  ) {
    this.#url = url;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#ended = new Promise((end, fail) => {
      this.#end = end;
      this.#fail = fail;
    });
    // The body may break before `receive` is called.
    this.#ended.catch(() => {});
  }

  onRequestStart(controller: Controller): void {
    if (this.#signal.aborted) {
      controller.abort(this.#signal.reason);
      return;
    }
    const abort = () => controller.abort(this.#signal.reason);
    this.#signal.addEventListener('abort', abort, { once: true });
    const cleanUp = () => this.#signal.removeEventListener('abort', abort);
    this.#ended.then(cleanUp, cleanUp);
  }

  onResponseStart(controller: Controller, status: number, headers: Headers): void {
    if (status < 200) return;
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
    this.#fail(error);
    this.#reject(error);
  }
}

export interface DispatcherOptions {
  /** The maximum time without a connection, a head, or another byte of the body. */
  readonly timeoutMs: number;
  readonly httpProxy?: string | undefined;
  readonly httpsProxy?: string | undefined;
  readonly noProxy?: string | undefined;
}

/** Keeps connections alive per origin, through a proxy if given. The total time of a request is not limited. */
export async function createDispatcher(given: DispatcherOptions): Promise<Dispatcher> {
  const { timeoutMs: timeout, httpProxy = '', httpsProxy = '', noProxy = '' } = given;
  // Loaded on demand: it takes 60 ms, and many commands send no request.
  const { Agent, EnvHttpProxyAgent } = await import('undici');
  const options = { connect: { timeout }, headersTimeout: timeout, bodyTimeout: timeout };
  if (!httpProxy && !httpsProxy) return new Agent(options);
  // An empty text means no proxy; if undefined, undici reads the environment.
  return new EnvHttpProxyAgent({ ...options, httpProxy, httpsProxy, noProxy });
}
