import type { RawResponse } from '../undici.js';
import { Connection, type ConnectionOptions } from './connection.js';
import { receiveResponse } from './exchange.js';
import { writeRequest } from './head.js';

/** Sends requests for large bodies, over connections of its own. */
export interface Http1Client {
  /** Sends a GET and answers with its head. Errors are the socket's own; see `failure`. */
  exchange(url: URL, headers: Readonly<Record<string, string>>, options: Http1Request): Promise<RawResponse>;
  close(): void;
}

interface Http1Request {
  readonly signal: AbortSignal;
  /** Bytes that are read at a time. */
  readonly readSize: number;
}

/**
 * HTTP/1.1 as far as a large file needs it. undici carries everything else; for gigabytes, its parser and streams cost
 * half as much again as the bytes themselves.
 * @param timeoutMs milliseconds without a byte until a connection counts as dead
 */
export function createHttp1Client({ timeoutMs }: Pick<ConnectionOptions, 'timeoutMs'>): Http1Client {
  const idle = new Set<Connection>();

  function takeIdle(url: URL, readSize: number): Connection | undefined {
    for (const connection of idle) {
      if (!connection.isOpen) idle.delete(connection);
      else if (connection.origin === url.origin && connection.readSize === readSize) {
        idle.delete(connection);
        connection.unpark();
        return connection;
      }
    }
    return undefined;
  }

  function putIdle(connection: Connection): void {
    connection.park();
    idle.add(connection);
  }

  return {
    exchange: async (url, headers, request) => {
      const text = writeRequest(url, headers);
      request.signal.throwIfAborted();
      const used = takeIdle(url, request.readSize);
      if (used) {
        // A server may close a connection just when it is used again: then a new one is what was wanted.
        const answered = await receiveResponse(used, url, text, request.signal, putIdle).catch(unlessClosed);
        if (answered) return answered;
        request.signal.throwIfAborted();
      }
      const opened = await Connection.open(url, { timeoutMs, readSize: request.readSize }, request.signal);
      return receiveResponse(opened, url, text, request.signal, putIdle);
    },
    close: () => {
      for (const connection of idle) connection.destroy();
      idle.clear();
    },
  };
}

/** @throws what is no sign of a connection that had been closed before */
function unlessClosed(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'ECONNRESET' && code !== 'EPIPE') throw error;
}
