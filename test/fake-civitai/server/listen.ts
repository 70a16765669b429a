import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on the loopback address. Port 0 takes any free one. */
export interface Listener {
  readonly origin: string;
  close(): Promise<void>;
}

/** Longer than any test: a server that closes idle connections on its own makes clients fail at random. */
const KEEP_ALIVE = 120_000;

export async function listen(port: number, answer: RequestListener): Promise<Listener> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE, requestTimeout: 0 }, answer);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${taken}`, close: () => close(server) };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
