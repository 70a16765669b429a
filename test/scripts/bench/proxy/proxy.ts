import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DelayLine, delayLine } from './delay-line.js';
import { createLosses } from './losses.js';
import { type Pace, pace, stopOnce, unlimited } from './pace.js';
import type { Shape } from './shape.js';
import { Traffic } from './traffic.js';

/** Stands between a client and a server: passes bytes on unread, only slower. */
export interface TcpProxy {
  readonly port: number;
  readonly traffic: Traffic;
  /** Counts from zero again. All runs of a round lose the same packets. */
  beginRun(round: number): void;
  close(): Promise<void>;
}

/** More than the connections of one run. */
const SEEDS_PER_ROUND = 1000;

export async function startProxy(serverPort: number, shape: Shape): Promise<TcpProxy> {
  const traffic = new Traffic();
  const sockets = new Set<Socket>();
  let round = 0;
  const total = shape.total === undefined ? unlimited : pace(shape.total);
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: serverPort, host: '127.0.0.1', allowHalfOpen: true });
    const order = traffic.open(client);
    const seed = SEEDS_PER_ROUND * round + order;
    client.once('close', () => traffic.close(client));
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.once('close', () => sockets.delete(socket));
    }
    void relay({
      client,
      upstream,
      shape,
      order,
      seed,
      total,
      onPass: (bytes) => traffic.pass(client, bytes),
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    traffic,
    beginRun: (next) => {
      round = next;
      traffic.begin();
    },
    close: async () => {
      server.close();
      traffic.stop();
      for (const socket of sockets) socket.destroy();
    },
  };
}

interface Connection {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly shape: Shape;
  /** Connections of the same run that were opened before. */
  readonly order: number;
  readonly seed: number;
  /** The pace of all connections together. */
  readonly total: Pace;
  readonly onPass: (bytes: number) => void;
}

async function relay(connection: Connection): Promise<void> {
  const { client, upstream, shape } = connection;
  const { roundTripMs = 0 } = shape;
  const up =
    roundTripMs > 0 ? delayLine(upstream, roundTripMs / 2, () => {}) : directLine(upstream, () => {});
  const down = createDownLine(connection);
  destroyTogether(client, upstream);
  // The handshake's round trip.
  if (roundTripMs > 0) await sleep(roundTripMs);
  const ways = [pump(client, up, unlimited), pump(upstream, down, createPace(connection))];
  await Promise.all(ways).catch(() => {
    client.destroy();
    upstream.destroy();
  });
}

function createDownLine({ client, shape, seed, onPass }: Connection): DelayLine {
  const { roundTripMs = 0, loss } = shape;
  if (roundTripMs === 0) return directLine(client, onPass);
  return delayLine(
    client,
    roundTripMs / 2,
    onPass,
    loss === undefined ? undefined : createLosses(loss, seed),
  );
}

function createPace({ shape: { rates = [], stall }, order, total }: Connection): Pace {
  const rate = rates[order % rates.length];
  const own = rate === undefined ? unlimited : pace(rate);
  const stop = stall?.connection === order ? stopOnce(stall.afterBytes, stall.ms) : unlimited;
  return async (bytes) => {
    await total(bytes);
    await own(bytes);
    await stop(bytes);
  };
}

/** Ends the other side when one side fails or the client leaves; after a server's normal end, bytes may be under way. */
function destroyTogether(client: Socket, upstream: Socket): void {
  client.on('error', () => upstream.destroy());
  client.once('close', () => upstream.destroy());
  upstream.on('error', () => client.destroy());
}

function directLine(to: Socket, onArrival: (bytes: number) => void): DelayLine {
  return {
    send: async (chunk) => {
      onArrival(chunk.length);
      if (!to.write(chunk)) await once(to, 'drain');
    },
    end: () => to.end(),
  };
}

async function pump(from: Socket, line: DelayLine, slow: Pace): Promise<void> {
  // The other direction of the same socket continues after the end of this one.
  for await (const chunk of from.iterator({ destroyOnReturn: false })) {
    await slow(chunk.length);
    await line.send(chunk);
  }
  line.end();
}
