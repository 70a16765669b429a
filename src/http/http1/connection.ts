import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import type { ChunkSink } from '../undici.js';

export interface ConnectionOptions {
  /** The maximum time without a byte. */
  readonly timeoutMs: number;
  readonly readSize: number;
}

type OnEnd = (error: Error | undefined) => void;

/** A connection with one reused read buffer: a stream allocates one per 16 KiB, which costs more than receiving. */
export class Connection {
  readonly origin: string;
  readonly readSize: number;
  /** Duration of the last handshake, which takes a round trip. */
  roundTripMs = 0;
  readonly #socket: Socket;
  readonly #timeoutMs: number;
  #sink: ChunkSink | undefined;
  #onEnd: OnEnd = () => {};
  /** Bytes received while paused: TLS delivers all that it has decrypted. */
  #backlog: Uint8Array[] = [];
  #isPaused = false;
  #closing: { readonly error: Error | undefined } | undefined;

  private constructor(url: URL, { timeoutMs, readSize }: ConnectionOptions, onConnect: () => void) {
    this.origin = url.origin;
    this.readSize = readSize;
    this.#timeoutMs = timeoutMs;
    const onread = {
      buffer: Buffer.allocUnsafeSlow(readSize),
      callback: (count: number, buffer: Uint8Array) => this.#read(buffer.subarray(0, count)),
    };
    let startedAt = performance.now();
    this.#socket = connect(url, onread, () => {
      this.roundTripMs = performance.now() - startedAt;
      onConnect();
    });
    this.#socket.once('connect', () => {
      if (url.protocol === 'https:') startedAt = performance.now();
    });
    this.#socket.setNoDelay(true);
    this.#socket.setTimeout(timeoutMs);
    this.#socket.on('timeout', () => this.#timeOut());
    this.#socket.on('error', (error) => this.#end(error));
    this.#socket.on('end', () => this.#end(undefined));
    this.#socket.on('close', () => this.#end(undefined));
  }

  /** @throws the socket's own errors */
  static open(url: URL, options: ConnectionOptions, signal: AbortSignal): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const abort = () => connection.destroy(signal.reason);
      const connection: Connection = new Connection(url, options, () => {
        signal.removeEventListener('abort', abort);
        resolve(connection);
      });
      signal.addEventListener('abort', abort, { once: true });
      connection.#onEnd = (error) => {
        signal.removeEventListener('abort', abort);
        reject(error ?? closedError());
      };
    });
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#closing === undefined && this.#socket.readable;
  }

  write(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  /** Passes all following bytes to a sink. `onEnd` is called once, without an error if the peer ended the connection. */
  receive(sink: ChunkSink, onEnd: OnEnd): void {
    this.#sink = sink;
    this.#onEnd = onEnd;
  }

  /** Keeps the idle connection without keeping the process alive. Any byte from the peer closes it. */
  park(): void {
    this.#socket.unref();
    this.receive(
      () => {
        this.destroy();
        return undefined;
      },
      () => {},
    );
    this.resume();
  }

  unpark(): void {
    this.#restartTimeout();
    this.#socket.ref();
  }

  pause(): void {
    this.#isPaused = true;
  }

  /** Passes the bytes received while paused to the sink, and continues reading. */
  resume(): void {
    this.#isPaused = false;
    while (!this.#isPaused) {
      const bytes = this.#backlog.shift();
      if (!bytes) break;
      this.#deliver(bytes);
    }
    if (this.#isPaused) return;
    if (this.#closing) this.#reportEnd(this.#closing.error);
    if (this.#socket.destroyed) return;
    this.#restartTimeout();
    this.#socket.resume();
  }

  /** Closes the connection immediately and drops all undelivered bytes. */
  destroy(error?: Error): void {
    this.#backlog = [];
    this.#socket.destroy();
    if (error === undefined) return;
    this.#closing ??= { error };
    this.#reportEnd(error);
  }

  /** @returns whether to continue reading */
  #read(bytes: Uint8Array): boolean {
    if (this.#isPaused) this.#backlog.push(Uint8Array.from(bytes));
    else this.#deliver(bytes);
    return !this.#isPaused;
  }

  #deliver(bytes: Uint8Array): void {
    const sink = this.#sink;
    try {
      const pending = sink?.(bytes);
      if (!pending) return;
      this.pause();
      pending.then(
        () => {
          // The next response of a pipeline decides itself when to read.
          if (sink === this.#sink) this.resume();
        },
        (error: Error) => this.destroy(error),
      );
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Excludes idle and paused time. */
  #restartTimeout(): void {
    this.#socket.setTimeout(this.#timeoutMs);
  }

  #timeOut(): void {
    if (this.#isPaused) return;
    this.destroy(Object.assign(new Error('No byte was received in time.'), { code: 'ETIMEDOUT' }));
  }

  #end(error: Error | undefined): void {
    this.#closing ??= { error };
    if (!this.#isPaused) this.#reportEnd(this.#closing.error);
  }

  #reportEnd(error: Error | undefined): void {
    const onEnd = this.#onEnd;
    this.#onEnd = () => {};
    onEnd(error);
  }
}

interface ReadBuffer {
  readonly buffer: Uint8Array;
  readonly callback: (count: number, buffer: Uint8Array) => boolean;
}

function connect(url: URL, onread: ReadBuffer, onConnect: () => void): Socket {
  const isSecure = url.protocol === 'https:';
  // An address has no square brackets, unlike the host of a URL.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const options = { host, port: Number(url.port) || (isSecure ? 443 : 80), onread };
  if (!isSecure) return connectPlain(options, onConnect);
  // A server name must not be an address (RFC 6066, section 3).
  const isAddress = /^[\d.]+$|:/.test(host);
  return connectSecure(
    { ...options, ALPNProtocols: ['http/1.1'], ...(!isAddress && { servername: host }) },
    onConnect,
  );
}

/** Returns the error of a connection that the peer closed too early. */
export function closedError(): Error {
  return Object.assign(new Error('The peer closed the connection.'), { code: 'ECONNRESET' });
}
