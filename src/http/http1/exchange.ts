import { closedError, malformedError, timeoutError } from '../errors.js';
import type { ChunkSink, RawResponse } from '../undici.js';
import { type BodyDecoder, createDecoder, type Decoded } from './body.js';
import type { Connection } from './connection.js';
import { framingOf, HEAD_END, MAX_HEAD_BYTES, parseHead, type ResponseHead } from './head.js';

/** Sends one request over a connection and reads its response, perhaps behind that of another request. */
export class ResponseReader {
  /** Settles after the head. Rejects with the socket's own errors. */
  readonly response: Promise<RawResponse>;
  readonly #connection: Connection;
  readonly #url: URL;
  readonly #signal: AbortSignal;
  readonly #release: (connection: Connection) => void;
  #resolve: (response: RawResponse) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  readonly #bodyEnd: Promise<void>;
  #resolveEnd: () => void = () => {};
  #rejectEnd: (error: unknown) => void = () => {};
  #receivedHead = Buffer.alloc(0);
  /** Bytes of the interim responses so far. */
  #interimBytes = 0;
  #headTimer: NodeJS.Timeout | undefined;
  #decoder: BodyDecoder | undefined;
  #keepsAlive = false;
  #sink: ChunkSink = () => undefined;
  #isOver = false;
  #isAttached = false;
  #next: ResponseReader | undefined;
  readonly #abort = () => this.#fail(this.#signal.reason);

  /** @param release called with the connection if another request can use it */
  constructor(
    connection: Connection,
    url: URL,
    signal: AbortSignal,
    release: (connection: Connection) => void,
  ) {
    this.#connection = connection;
    this.#url = url;
    this.#signal = signal;
    this.#release = release;
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#bodyEnd = new Promise((resolve, reject) => {
      this.#resolveEnd = resolve;
      this.#rejectEnd = reject;
    });
    // The body may break before `receive` is called.
    this.#bodyEnd.catch(() => {});
  }

  send(request: string): void {
    if (this.#start(request)) this.#attach();
    else this.#connection.destroy();
  }

  /**
   * Sends another request before this response has ended (RFC 9112, section 9.3.2). If this response fails, so does the
   * next one, as on a connection that the peer closed.
   */
  sendBehind(next: ResponseReader, request: string): void {
    this.#next = next;
    next.#start(request);
  }

  /** Whether another request can be sent behind this response. */
  get canPipeline(): boolean {
    return !this.#isOver && this.#keepsAlive && this.#next === undefined && this.#connection.isOpen;
  }

  get connection(): Connection {
    return this.#connection;
  }

  #start(request: string): boolean {
    if (this.#signal.aborted) {
      this.#abort();
      return false;
    }
    this.#signal.addEventListener('abort', this.#abort, { once: true });
    this.#connection.write(request);
    return true;
  }

  #attach(rest?: Uint8Array): void {
    this.#isAttached = true;
    this.#connection.receive(
      (bytes) => (this.#decoder ? this.#readBody(bytes) : this.#readHead(bytes)),
      (error) => this.#end(error),
    );
    // A byte now and then does not prolong it.
    const expire = () => this.#fail(timeoutError('The head of the response did not arrive in time.'));
    this.#headTimer = setTimeout(expire, this.#connection.timeoutMs);
    if (rest) this.#readHead(rest);
    if (!this.#decoder && !this.#isOver) this.#connection.resume();
  }

  #readHead(bytes: Uint8Array): undefined {
    this.#receivedHead = Buffer.concat([this.#receivedHead, bytes]);
    const end = this.#receivedHead.indexOf(HEAD_END);
    const headBytes = this.#interimBytes + (end < 0 ? this.#receivedHead.length : end);
    if (end < 0 || headBytes > MAX_HEAD_BYTES) {
      if (headBytes > MAX_HEAD_BYTES) this.#fail(malformedError());
      return;
    }
    const head = parseHead(this.#receivedHead.toString('latin1', 0, end));
    const rest = this.#receivedHead.subarray(end + HEAD_END.length);
    this.#receivedHead = Buffer.alloc(0);
    if (head && head.status >= 100 && head.status < 200 && head.status !== 101) {
      this.#interimBytes += end;
      if (rest.length > 0) this.#readHead(rest);
      return;
    }
    this.#respond(head, rest);
  }

  #respond(head: ResponseHead | undefined, rest: Buffer): void {
    const framing = head && framingOf(head);
    if (!head || !framing || head.status === 101) {
      this.#fail(malformedError());
      return;
    }
    clearTimeout(this.#headTimer);
    this.#decoder = createDecoder(framing);
    this.#keepsAlive = head.keepsAlive && framing.kind !== 'close';
    this.#connection.pause();
    this.#resolve({
      url: this.#url,
      status: head.status,
      header: (name) => head.headers.get(name),
      roundTripMs: this.#connection.roundTripMs,
      receive: (sink) => this.#receive(sink, rest),
      close: () => {
        if (!this.#isOver) this.#fail(new Error('The response was closed before its end.'));
      },
    });
    if (framing.kind === 'length' && framing.length === 0 && rest.length === 0) this.#finish();
  }

  async #receive(sink: ChunkSink, rest: Buffer): Promise<void> {
    this.#sink = sink;
    if (!this.#isOver) {
      try {
        if (rest.length > 0) await this.#readBody(rest);
        if (!this.#isOver) this.#connection.resume();
      } catch (error) {
        this.#fail(error);
      }
    }
    await this.#bodyEnd;
  }

  #readBody(bytes: Uint8Array): Promise<void> | undefined {
    const decoded = this.#decoder?.decode(bytes);
    if (!decoded) {
      this.#fail(malformedError());
      return undefined;
    }
    if (decoded.rest && !this.#next) {
      this.#fail(malformedError());
      return undefined;
    }
    const pending = this.#deliver(decoded);
    if (!decoded.isEnd) return pending;
    if (!pending) {
      this.#finish(decoded.rest);
      return undefined;
    }
    const rest = decoded.rest && Uint8Array.from(decoded.rest);
    return pending.then(() => this.#finish(rest));
  }

  #deliver({ parts }: Decoded): Promise<void> | undefined {
    const deliverPart = (part: Uint8Array) => (this.#isOver ? undefined : this.#sink(part));
    let pending: Promise<void> | undefined;
    for (const part of parts) {
      // Copied, because the memory may be reused while an earlier part is pending.
      const kept = pending ? Uint8Array.from(part) : part;
      pending = pending ? pending.then(() => deliverPart(kept)) : deliverPart(kept);
    }
    return pending;
  }

  #finish(rest?: Uint8Array): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#signal.removeEventListener('abort', this.#abort);
    this.#handOver(rest);
    this.#resolveEnd();
  }

  #failNext(): void {
    if (this.#next) this.#next.#fail(closedError());
  }

  #handOver(rest: Uint8Array | undefined): void {
    const isUsable = this.#keepsAlive && this.#connection.isOpen;
    if (isUsable && this.#next && !this.#next.#isOver) this.#next.#attach(rest);
    else if (isUsable && !this.#next) this.#release(this.#connection);
    else {
      this.#connection.destroy();
      this.#failNext();
    }
  }

  #end(error: Error | undefined): void {
    if (!error && this.#decoder?.endsWithConnection) this.#finish();
    else this.#fail(error ?? closedError());
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#headTimer);
    this.#signal.removeEventListener('abort', this.#abort);
    // Until then, the connection belongs to the response before.
    if (this.#isAttached) this.#connection.destroy();
    this.#failNext();
    this.#rejectEnd(error);
    this.#reject(error);
  }
}
