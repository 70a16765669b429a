import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';

/** Takes bytes whose memory is used again afterwards; while a returned promise is pending, no more are given. */
export type ByteSink = (bytes: Uint8Array) => Promise<void> | undefined;

export interface ConnectionOptions {
  /** Milliseconds without a byte until the connection counts as dead. */
  readonly timeoutMs: number;
  /** Bytes that are read at a time. */
  readonly readSize: number;
}

/**
 * A connection to an origin, read into one buffer that is used again and again: a stream would make a new one for
 * every 16 KiB, and that costs more than receiving them.
 */
export class Connection {
  readonly origin: string;
  readonly readSize: number;
  readonly #socket: Socket;
  readonly #timeoutMs: number;
  #sink: ByteSink | undefined;
  #onEnd: (error: Error | undefined) => void = () => {};
  /** What came although nobody asked for more: TLS hands out all that it has decrypted. */
  #backlog: Uint8Array[] = [];
  #isPaused = false;
  /** How it has ended; told only when all that came before is given. */
  #ending: { readonly error: Error | undefined } | undefined;

  private constructor(url: URL, { timeoutMs, readSize }: ConnectionOptions, onConnect: () => void) {
    this.origin = url.origin;
    this.readSize = readSize;
    this.#timeoutMs = timeoutMs;
    const isSecure = url.protocol === 'https:';
    // Square brackets are part of a URL's host, not of an address.
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const options = {
      host,
      port: Number(url.port) || (isSecure ? 443 : 80),
      onread: {
        buffer: Buffer.allocUnsafeSlow(readSize),
        callback: (count: number, buffer: Uint8Array) => this.#read(buffer.subarray(0, count)),
      },
    };
    const isName = !/^[\d.]+$|:/.test(host);
    this.#socket = isSecure
      ? connectSecure(
          { ...options, ALPNProtocols: ['http/1.1'], ...(isName && { servername: host }) },
          onConnect,
        )
      : connectPlain(options, onConnect);
    this.#socket.setNoDelay(true);
    this.#socket.setTimeout(timeoutMs);
    this.#socket.on('timeout', () => this.#timeOut());
    this.#socket.on('error', (error) => this.#end(error));
    this.#socket.on('end', () => this.#end(undefined));
    this.#socket.on('close', () => this.#end(undefined));
  }

  /** @throws the socket's own errors, or the signal's reason */
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
        reject(error ?? closed());
      };
    });
  }

  /** Whether nothing has gone wrong so far. */
  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#ending === undefined && this.#socket.readable;
  }

  write(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  /** Gives everything that comes from now on to a sink. `onEnd` hears once of the end, with the error unless it was in good order. */
  use(sink: ByteSink, onEnd: (error: Error | undefined) => void): void {
    this.#sink = sink;
    this.#onEnd = onEnd;
  }

  /** Nothing is expected from the connection for now: whatever comes ends it. */
  park(): void {
    this.#socket.unref();
    this.use(
      () => {
        this.destroy();
        return undefined;
      },
      () => {},
    );
    this.resume();
  }

  /** Something is expected again. */
  unpark(): void {
    // The time in which nothing was expected does not count.
    this.#socket.setTimeout(this.#timeoutMs);
    this.#socket.ref();
  }

  pause(): void {
    this.#isPaused = true;
  }

  /** Gives what has come in the meantime, and goes on. */
  resume(): void {
    this.#isPaused = false;
    while (!this.#isPaused) {
      const bytes = this.#backlog.shift();
      if (!bytes) break;
      this.#give(bytes);
    }
    if (this.#isPaused) return;
    if (this.#ending) this.#tellEnd(this.#ending.error);
    if (this.#socket.destroyed) return;
    // The time in which nobody read does not count.
    this.#socket.setTimeout(this.#timeoutMs);
    this.#socket.resume();
  }

  /** Closes it at once: what has come and is not given yet goes, too. */
  destroy(error?: Error): void {
    this.#backlog = [];
    this.#socket.destroy();
    if (error === undefined) return;
    this.#ending ??= { error };
    this.#tellEnd(error);
  }

  /** @returns whether to go on reading */
  #read(bytes: Uint8Array): boolean {
    if (this.#isPaused) this.#backlog.push(Uint8Array.from(bytes));
    else this.#give(bytes);
    return !this.#isPaused;
  }

  #give(bytes: Uint8Array): void {
    try {
      const pending = this.#sink?.(bytes);
      if (!pending) return;
      this.pause();
      pending.then(
        () => this.resume(),
        (error: Error) => this.destroy(error),
      );
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #timeOut(): void {
    // Who does not read can't be told that nothing comes.
    if (this.#isPaused) return;
    this.destroy(Object.assign(new Error('Nothing came for too long.'), { code: 'ETIMEDOUT' }));
  }

  #end(error: Error | undefined): void {
    this.#ending ??= { error };
    if (!this.#isPaused) this.#tellEnd(this.#ending.error);
  }

  #tellEnd(error: Error | undefined): void {
    const onEnd = this.#onEnd;
    this.#onEnd = () => {};
    onEnd(error);
  }
}

/** The peer has ended a connection on which something was still to come. */
export function closed(): Error {
  return Object.assign(new Error('The other side closed the connection.'), { code: 'ECONNRESET' });
}
