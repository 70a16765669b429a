/**
 * An HTTP/1.1 client for the bodies of files. undici sends everything else, but costs too much for gigabytes: a download
 * takes 1.4 times as long as curl with undici's parser and streams, and 1.0 times with this client (without hashing).
 */
import type { RawResponse } from '../undici.js';
import { Connection } from './connection.js';
import { receiveResponse } from './exchange.js';
import { writeRequest } from './head.js';

export interface Http1Client {
  /** Sends a GET request and returns its response, whose body is not read yet. Throws the socket's own errors. */
  exchange(url: URL, headers: Readonly<Record<string, string>>, request: Http1Request): Promise<RawResponse>;
  close(): void;
}

interface Http1Request {
  readonly signal: AbortSignal;
  readonly readSize: number;
}

interface Http1Options {
  /** The maximum time without a byte. */
  readonly timeoutMs: number;
}

export function createHttp1Client({ timeoutMs }: Http1Options): Http1Client {
  const idle = new IdleConnections();
  return {
    exchange: async (url, headers, { signal, readSize }) => {
      const text = writeRequest(url, headers);
      const send = (connection: Connection) =>
        receiveResponse(connection, url, text, signal, (released) => idle.add(released));
      signal.throwIfAborted();
      const reused = idle.take(url.origin, readSize);
      const response = reused && (await send(reused).catch(ignoreClosed));
      if (response) return response;
      signal.throwIfAborted();
      return send(await Connection.open(url, { timeoutMs, readSize }, signal));
    },
    close: () => idle.close(),
  };
}

class IdleConnections {
  readonly #connections = new Set<Connection>();

  take(origin: string, readSize: number): Connection | undefined {
    for (const connection of this.#connections) {
      if (!connection.isOpen) this.#connections.delete(connection);
      else if (connection.origin === origin && connection.readSize === readSize) {
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

/** A server may close an idle connection at the moment of its next request, which then needs a new connection. */
function ignoreClosed(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'ECONNRESET' && code !== 'EPIPE') throw error;
}
