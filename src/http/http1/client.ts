/**
 * An HTTP/1.1 client for the bodies of files. undici sends everything else, but costs too much for gigabytes: a download
 * takes 1.4 times as long as curl with undici's parser and streams, and 1.0 times with this client (without hashing).
 */
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
  /** The maximum time without a byte. */
  readonly timeoutMs: number;
}

export function createHttp1Client({ timeoutMs }: Http1Options): Http1Client {
  const idle = new IdleConnections();
  const opening = new OpeningConnections();
  const pipelines = new WeakMap<object, ResponseReader>();
  const release = (connection: Connection) => idle.add(connection);

  /** Returns the response of a request that was sent behind another one; undefined if the connection was closed. */
  function sendBehind(url: URL, text: string, { signal, readSize, pipeline = {} }: Http1Request) {
    const last = pipelines.get(pipeline);
    if (!last?.canPipeline || !fits(last.connection, url.origin, readSize)) return undefined;
    const reader = new ResponseReader(last.connection, url, signal, release);
    pipelines.set(pipeline, reader);
    last.sendBehind(reader, text);
    return reader.response.catch(ignoreClosed);
  }

  function send(connection: Connection, url: URL, text: string, { signal, pipeline = {} }: Http1Request) {
    const reader = new ResponseReader(connection, url, signal, release);
    pipelines.set(pipeline, reader);
    reader.send(text);
    return reader.response;
  }

  return {
    exchange: async (url, headers, request) => {
      const text = writeRequest(url, headers);
      const { signal, readSize } = request;
      signal.throwIfAborted();
      const pipelined = await sendBehind(url, text, request);
      if (pipelined) return pipelined;
      signal.throwIfAborted();
      const reused = idle.take(url.origin, readSize) ?? (await opening.take(url.origin, readSize));
      const response = reused && (await send(reused, url, text, request).catch(ignoreClosed));
      if (response) return response;
      signal.throwIfAborted();
      return send(await Connection.open(url, { timeoutMs, readSize }, signal), url, text, request);
    },
    preconnect: (url, count, { signal, readSize }) => {
      for (let opened = 0; opened < count; opened++)
        opening.add(url.origin, readSize, Connection.open(url, { timeoutMs, readSize }, signal));
    },
    close: () => {
      idle.close();
      opening.close();
    },
  };
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
