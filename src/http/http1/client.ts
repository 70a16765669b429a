/**
 * An HTTP/1.1 client for the bodies of files. undici sends everything else, but costs too much for gigabytes: a download
 * takes 1.4 times as long as curl with undici's parser and streams, and 1.0 times with this client (without hashing).
 */
import { Connector } from '../connector.js';
import type { RawResponse } from '../undici.js';
import { Connection } from './connection.js';
import { ResponseReader } from './exchange.js';
import { writeRequest } from './head.js';

export interface Http1Client {
  /** Sends a GET request and returns its response, whose body is not read yet. Throws the socket's own errors. */
  exchange(url: URL, headers: Readonly<Record<string, string>>, request: Http1Request): Promise<RawResponse>;
  /** Opens connections ahead of requests. Failures show in the requests. */
  preconnect(url: URL, count: number, request: Http1Request): void;
  close(): void;
}

interface Http1Request {
  readonly signal: AbortSignal;
  readonly readSize: number;
  /** Requests with the same object are sent over one connection without waiting for the response before. */
  readonly pipeline?: object | undefined;
}

interface Http1Options {
  /** The maximum time without a byte, and for a head. */
  readonly timeoutMs: number;
  readonly connector?: Connector;
}

export function createHttp1Client({
  timeoutMs,
  connector = new Connector({ timeoutMs }),
}: Http1Options): Http1Client {
  return new ConnectionPool({ timeoutMs, connector });
}

class ConnectionPool implements Http1Client {
  readonly #options: Required<Http1Options>;
  readonly #idle = new IdleConnections();
  readonly #opening = new OpeningConnections();
  /** The last response of each pipeline. */
  readonly #pipelines = new WeakMap<object, ResponseReader>();
  readonly #release = (connection: Connection) => this.#idle.add(connection);

  constructor(options: Required<Http1Options>) {
    this.#options = options;
  }

  async exchange(url: URL, headers: Readonly<Record<string, string>>, request: Http1Request) {
    const text = writeRequest(url, headers);
    const { signal } = request;
    signal.throwIfAborted();
    const pipelined = await this.#sendBehind(url, text, request);
    if (pipelined) return pipelined;
    signal.throwIfAborted();
    const reused = await this.#takeOpen(url, request.readSize);
    const response = reused && (await this.#send(reused, url, text, request).catch(ignoreClosed));
    if (response) return response;
    signal.throwIfAborted();
    return this.#send(await this.#open(url, request), url, text, request);
  }

  preconnect(url: URL, count: number, request: Http1Request): void {
    for (let opened = 0; opened < count; opened++)
      this.#opening.add(url.origin, request.readSize, this.#open(url, request));
  }

  close(): void {
    this.#idle.close();
    this.#opening.close();
  }

  #open(url: URL, { signal, readSize }: Http1Request): Promise<Connection> {
    return Connection.open(url, { ...this.#options, readSize }, signal);
  }

  async #takeOpen({ origin }: URL, readSize: number): Promise<Connection | undefined> {
    return this.#idle.take(origin, readSize) ?? (await this.#opening.take(origin, readSize));
  }

  #send(connection: Connection, url: URL, text: string, { signal, pipeline = {} }: Http1Request) {
    const reader = new ResponseReader(connection, url, signal, this.#release);
    this.#pipelines.set(pipeline, reader);
    reader.send(text);
    return reader.response;
  }

  /** Resolves with undefined if the request cannot be sent behind another one, or if that connection was closed. */
  async #sendBehind(url: URL, text: string, { signal, readSize, pipeline = {} }: Http1Request) {
    const last = this.#pipelines.get(pipeline);
    if (!last?.canPipeline || !fits(last.connection, url.origin, readSize)) return undefined;
    const reader = new ResponseReader(last.connection, url, signal, this.#release);
    this.#pipelines.set(pipeline, reader);
    last.sendBehind(reader, text);
    return reader.response.catch(ignoreClosed);
  }
}

function fits(connection: Connection, origin: string, readSize: number): boolean {
  return connection.origin === origin && connection.readSize === readSize;
}

class IdleConnections {
  readonly #connections = new Set<Connection>();

  take(origin: string, readSize: number): Connection | undefined {
    for (const connection of this.#connections) {
      if (!connection.isOpen) this.#connections.delete(connection);
      else if (fits(connection, origin, readSize)) {
        this.#connections.delete(connection);
        connection.unpark();
        return connection;
      }
    }
    return undefined;
  }

  add(connection: Connection): void {
    connection.park();
    this.#connections.add(connection);
  }

  close(): void {
    for (const connection of this.#connections) connection.destroy();
    this.#connections.clear();
  }
}

interface OpeningConnection {
  readonly origin: string;
  readonly readSize: number;
  readonly connection: Promise<Connection | undefined>;
}

/** Connections that were opened ahead of their first request. */
class OpeningConnections {
  #connections: OpeningConnection[] = [];

  add(origin: string, readSize: number, opening: Promise<Connection>): void {
    const parked = (connection: Connection) => {
      connection.park();
      return connection;
    };
    // A connection that cannot be opened fails again, with its error, when a request needs it.
    this.#connections.push({ origin, readSize, connection: opening.then(parked, () => undefined) });
  }

  async take(origin: string, readSize: number): Promise<Connection | undefined> {
    const found = this.#connections.find((one) => one.origin === origin && one.readSize === readSize);
    if (!found) return undefined;
    this.#connections = this.#connections.filter((one) => one !== found);
    const connection = await found.connection;
    if (!connection?.isOpen) return undefined;
    connection.unpark();
    return connection;
  }

  close(): void {
    for (const { connection } of this.#connections) void connection.then((opened) => opened?.destroy());
    this.#connections = [];
  }
}

/** A server may close an idle connection at the moment of its next request, which then needs a new connection. */
function ignoreClosed(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'ECONNRESET' && code !== 'EPIPE') throw error;
}
