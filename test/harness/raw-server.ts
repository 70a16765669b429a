import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createSecureServer } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { Certificate } from './certificate.js';

/** A request to a server that answers byte by byte. */
export interface RawRequest {
  /** The head of the request, without the empty line. */
  readonly head: string;
  readonly socket: Socket;
  /** Number of the connection, from 0. */
  readonly connection: number;
  /** Number of the request on its connection, from 0. */
  readonly turn: number;
}

export interface RawServer {
  readonly url: URL;
  /** All requests so far. */
  readonly requests: readonly RawRequest[];
  /** Open connections. */
  readonly open: ReadonlySet<Socket>;
}

export interface RawServerOptions {
  readonly host?: string;
  /** Makes the server speak TLS. */
  readonly certificate?: Certificate;
}

/** Starts a server that is closed when the test ends. */
export async function rawServer(
  answer: (request: RawRequest) => void,
  { host = '127.0.0.1', certificate }: RawServerOptions = {},
): Promise<RawServer> {
  const requests: RawRequest[] = [];
  const open = new Set<Socket>();
  let connections = 0;

  function accept(socket: Socket): void {
    const connection = connections++;
    let received = '';
    let turn = 0;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    // The test judges how a client ends the connection.
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1');
      for (let end = received.indexOf('\r\n\r\n'); end >= 0; end = received.indexOf('\r\n\r\n')) {
        const request = { head: received.slice(0, end), socket, connection, turn: turn++ };
        received = received.slice(end + 4);
        requests.push(request);
        answer(request);
      }
    });
  }

  const server: Server = certificate
    ? createSecureServer({ ...certificate }, accept)
    : createServer({ noDelay: true }, accept);
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  onTestFinished(async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  return { url: new URL(`${certificate ? 'https' : 'http'}://${name}:${port}/file?x=1`), requests, open };
}
