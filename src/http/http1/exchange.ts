import type { ChunkSink, RawResponse } from '../undici.js';
import { type BodyDecoder, createDecoder, type Decoded } from './body.js';
import { type Connection, closed } from './connection.js';
import { framingOf, parseHead, type ResponseHead } from './head.js';

const LONGEST_HEAD = 64 * 1024;
const HEAD_END = '\r\n\r\n';

/**
 * Sends a request over a connection and reads the head of the answer.
 * @param release takes the connection back when it can be used again
 * @throws the socket's errors, or the signal's reason
 */
export function receiveResponse(
  connection: Connection,
  url: URL,
  request: string,
  signal: AbortSignal,
  release: (connection: Connection) => void,
): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    new ResponseReader(connection, url, signal, release, resolve, reject).start(request);
  });
}

/** One answer on a connection: head, then body. */
class ResponseReader {
  readonly #connection: Connection;
  readonly #url: URL;
  readonly #signal: AbortSignal;
  readonly #release: (connection: Connection) => void;
  readonly #resolve: (response: RawResponse) => void;
  readonly #reject: (error: unknown) => void;
  readonly #ended: Promise<void>;
  #resolveEnd: () => void = () => {};
  #rejectEnd: (error: unknown) => void = () => {};
  #received = Buffer.alloc(0);
  #decoder: BodyDecoder | undefined;
  #keepsAlive = false;
  #sink: ChunkSink = () => undefined;
  #isOver = false;
  readonly #abort = () => this.#fail(this.#signal.reason);

  constructor(
    connection: Connection,
    url: URL,
    signal: AbortSignal,
    release: (connection: Connection) => void,
    resolve: (response: RawResponse) => void,
    reject: (error: unknown) => void,
  ) {
    this.#connection = connection;
    this.#url = url;
    this.#signal = signal;
    this.#release = release;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#ended = new Promise((end, fail) => {
      this.#resolveEnd = end;
      this.#rejectEnd = fail;
    });
    // A body that breaks before anybody receives it is no unhandled rejection.
    this.#ended.catch(() => {});
  }

  start(request: string): void {
    if (this.#signal.aborted) {
      this.#abort();
      return;
    }
    this.#signal.addEventListener('abort', this.#abort, { once: true });
    this.#connection.use(
      (bytes) => (this.#decoder ? this.#take(bytes) : this.#takeHead(bytes)),
      (error) => this.#end(error),
    );
    this.#connection.write(request);
  }

  #takeHead(bytes: Uint8Array): undefined {
    this.#received = Buffer.concat([this.#received, bytes]);
    const end = this.#received.indexOf(HEAD_END);
    if (end < 0) {
      if (this.#received.length > LONGEST_HEAD) this.#fail(malformed());
      return;
    }
    const head = parseHead(this.#received.toString('latin1', 0, end));
    const rest = this.#received.subarray(end + HEAD_END.length);
    this.#received = Buffer.alloc(0);
    if (head && head.status >= 100 && head.status < 200 && head.status !== 101) {
      if (rest.length > 0) this.#takeHead(rest);
      return;
    }
    this.#answer(head, rest);
  }

  #answer(head: ResponseHead | undefined, rest: Buffer): void {
    const framing = head && framingOf(head);
    if (!head || !framing || head.status === 101) {
      this.#fail(malformed());
      return;
    }
    this.#decoder = createDecoder(framing);
    this.#keepsAlive = head.keepsAlive && framing.kind !== 'close';
    // Nothing of the body is taken before somebody wants it.
    this.#connection.pause();
    this.#resolve({
      url: this.#url,
      status: head.status,
      header: (name) => head.headers.get(name),
      receive: (sink) => this.#receive(sink, rest),
      close: () => {
        if (!this.#isOver) this.#fail(new Error('The response is not wanted.'));
      },
    });
    if (framing.kind === 'length' && framing.length === 0 && rest.length === 0) this.#finish();
  }

  async #receive(sink: ChunkSink, rest: Buffer): Promise<void> {
    this.#sink = sink;
    if (!this.#isOver) {
      try {
        if (rest.length > 0) await this.#take(rest);
        if (!this.#isOver) this.#connection.resume();
      } catch (error) {
        this.#fail(error);
      }
    }
    await this.#ended;
  }

  #take(bytes: Uint8Array): Promise<void> | undefined {
    const decoded = this.#decoder?.decode(bytes);
    if (!decoded) {
      this.#fail(malformed());
      return undefined;
    }
    const pending = this.#give(decoded);
    if (!pending) {
      if (decoded.isEnd) this.#finish();
      return undefined;
    }
    return pending.then(() => {
      if (decoded.isEnd) this.#finish();
    });
  }

  #give({ pieces }: Decoded): Promise<void> | undefined {
    let pending: Promise<void> | undefined;
    for (const piece of pieces) {
      // The memory that a piece lies in may be used again before its turn comes.
      const kept = pending ? Uint8Array.from(piece) : piece;
      pending = pending ? pending.then(() => this.#hand(kept)) : this.#hand(kept);
    }
    return pending;
  }

  /** Whoever has given the body up gets nothing more of it. */
  #hand(piece: Uint8Array): Promise<void> | undefined {
    return this.#isOver ? undefined : this.#sink(piece);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#signal.removeEventListener('abort', this.#abort);
    if (this.#keepsAlive && this.#connection.isOpen) this.#release(this.#connection);
    else this.#connection.destroy();
    this.#resolveEnd();
  }

  #end(error: Error | undefined): void {
    if (!error && this.#decoder?.endsWithConnection) this.#finish();
    else this.#fail(error ?? closed());
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#signal.removeEventListener('abort', this.#abort);
    this.#connection.destroy();
    this.#rejectEnd(error);
    this.#reject(error);
  }
}

function malformed(): Error {
  return Object.assign(new Error('The answer is no HTTP.'), { code: 'HPE_INVALID' });
}
