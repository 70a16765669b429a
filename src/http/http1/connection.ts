import type { Socket } from 'node:net';
import type { Connector, OpenedSocket } from '../connector.js';
import { timeoutError } from '../errors.js';
import type { ChunkSink } from '../undici.js';

export interface ConnectionOptions {
  readonly connector: Connector;
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
  readonly roundTripMs: number;
  readonly #socket: Socket;
  readonly timeoutMs: number;
  #sink: ChunkSink | undefined;
  #onEnd: OnEnd = () => {};
  /** Bytes received while paused: TLS delivers all that it has decrypted. */
  #backlog: Uint8Array[] = [];
  #isPaused = false;
  #closing: { readonly error: Error | undefined } | undefined;

  private constructor(origin: string, { timeoutMs, readSize }: ConnectionOptions, opened: OpenedSocket) {
    this.origin = origin;
    this.readSize = readSize;
    this.timeoutMs = timeoutMs;
    this.roundTripMs = opened.roundTripMs;
    this.#socket = opened.socket;
    if (!opened.usesReadBuffer)
      this.#socket.on('data', (bytes) => {
        if (!this.#read(bytes)) this.#socket.pause();
      });
    this.#socket.setTimeout(timeoutMs);
    this.#socket.on('timeout', () => this.#timeOut());
    this.#socket.on('error', (error) => this.#end(error));
    this.#socket.on('end', () => this.#end(undefined));
    this.#socket.on('close', () => this.#end(undefined));
  }

  /** @throws the socket's own errors */
  static async open(url: URL, options: ConnectionOptions, signal: AbortSignal): Promise<Connection> {
    let read: ((bytes: Uint8Array) => boolean) | undefined;
    const onread = {
      buffer: Buffer.allocUnsafeSlow(options.readSize),
      callback: (count: number, buffer: Uint8Array) => read?.(buffer.subarray(0, count)) ?? true,
    };
    const opened = await options.connector.connect(url, signal, { onread });
    const connection = new Connection(url.origin, options, opened);
    read = (bytes) => connection.#read(bytes);
    return connection;
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
    this.#socket.setTimeout(this.timeoutMs);
  }

  #timeOut(): void {
    if (this.#isPaused) return;
    this.destroy(timeoutError('No byte was received in time.'));
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
