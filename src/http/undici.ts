import type { Dispatcher } from 'undici';

type Controller = Dispatcher.DispatchController;
type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/**
 * Takes a chunk, whose memory may be used again afterwards. While a returned promise is pending, no more bytes are read
 * from the socket.
 */
export type ChunkSink = (chunk: Uint8Array) => Promise<void> | undefined;

/** Bytes of a body that take less time than another connection. */
const SHORT = 16 * 1024;

/** A response whose body waits in the socket until somebody wants it: receive it, or close it. */
export interface RawResponse {
  readonly url: URL;
  readonly status: number;
  /** A header's value by its lower-case name; several of one name are joined with commas. */
  header(name: string): string | undefined;
  /** Hands the body on, chunk by chunk, and settles when it has ended or broken. */
  receive(sink: ChunkSink): Promise<void>;
  /** Gives the body up, and with it the connection unless hardly anything is left of the body. */
  close(): void;
}

/**
 * Sends one request, a POST where there is a body, and answers with its head. Errors are undici's own; see `failure`.
 */
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

/**
 * Works on undici's dispatcher level, since a stream between socket and disk costs more than receiving does:
 * the sink gets the parser's own buffers, and back-pressure is the socket's.
 */
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
    // A body that breaks before anybody receives it is no unhandled rejection.
    this.#ended.catch(() => {});
  }

  onRequestStart(controller: Controller): void {
    if (this.#signal.aborted) {
      controller.abort(this.#signal.reason);
      return;
    }
    const abort = () => controller.abort(this.#signal.reason);
    this.#signal.addEventListener('abort', abort, { once: true });
    const forget = () => this.#signal.removeEventListener('abort', abort);
    this.#ended.then(forget, forget);
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
      close: () => this.#giveUp(controller, Number(headers['content-length'] ?? 0)),
    });
  }

  /** What a redirect says in its body is read over, so that its connection serves for the next request, too. */
  #giveUp(controller: Controller, length: number): void {
    const abort = () => controller.abort(new Error('The response is not wanted.'));
    if (this.#isReceived || length > SHORT) {
      abort();
      return;
    }
    let rest = SHORT;
    this.#sink = (chunk) => {
      rest -= chunk.length;
      if (rest < 0) abort();
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
  // Loaded here because it takes 60 ms, which commands without requests save.
  const { Agent, EnvHttpProxyAgent } = await import('undici');
  const options = { connect: { timeout }, headersTimeout: timeout, bodyTimeout: timeout };
  if (!httpProxy && !httpsProxy) return new Agent(options);
  // An empty text means no proxy; if undefined, undici reads the environment.
  return new EnvHttpProxyAgent({ ...options, httpProxy, httpsProxy, noProxy });
}
