import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { delayLine } from './delay-line.js';
import { type Pace, pace } from './pace.js';
import { Traffic } from './traffic.js';

/** What a proxy does to connections; all of it counts for the way from the server. */
export interface Shape {
  /** Bytes per second of each connection. */
  readonly perConnection?: number;
  /** Bytes per second of all connections together. */
  readonly total?: number;
  /** Milliseconds there and back, also before a connection's first byte. */
  readonly roundTrip?: number;
}

/** A stand-in for the way to a server: passes on bytes without looking at them, only slower. */
export interface Proxy {
  readonly port: number;
  readonly traffic: Traffic;
  close(): Promise<void>;
}

export async function startProxy(serverPort: number, shape: Shape): Promise<Proxy> {
  const traffic = new Traffic();
  const sockets = new Set<Socket>();
  const total = shape.total === undefined ? undefined : pace(shape.total);
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: serverPort, host: '127.0.0.1', allowHalfOpen: true });
    traffic.open();
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.once('close', () => sockets.delete(socket));
    }
    void relay(client, upstream, shape, total, () => traffic.pass(client));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    traffic,
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function relay(
  client: Socket,
  upstream: Socket,
  { perConnection, roundTrip = 0 }: Shape,
  total: Pace | undefined,
  onPass: () => void,
): Promise<void> {
  const own = perConnection === undefined ? undefined : pace(perConnection);
  const slow: Pace = async (bytes) => {
    await own?.(bytes);
    await total?.(bytes);
  };
  const down = roundTrip > 0 ? delayLine(client, roundTrip / 2, onPass) : directLine(client, onPass);
  const up = roundTrip > 0 ? delayLine(upstream, roundTrip / 2, () => {}) : directLine(upstream, () => {});
  destroyTogether(client, upstream);
  await sleep(roundTrip);
  const ways = [pump(client, up, async () => {}), pump(upstream, down, slow)];
  await Promise.all(ways).catch(() => {
    client.destroy();
    upstream.destroy();
  });
}

/** Whoever leaves, or breaks, leaves nothing for the other to do; a server that has ended well may have bytes under way. */
function destroyTogether(client: Socket, upstream: Socket): void {
  client.on('error', () => upstream.destroy());
  client.once('close', () => upstream.destroy());
  upstream.on('error', () => client.destroy());
}

type Line = ReturnType<typeof delayLine>;

function directLine(to: Socket, onArrival: (bytes: number) => void): Line {
  return {
    send: async (chunk) => {
      onArrival(chunk.length);
      if (!to.write(chunk)) await once(to, 'drain');
    },
    end: () => to.end(),
  };
}

async function pump(from: Socket, line: Line, slow: Pace): Promise<void> {
  // The other direction of the same socket goes on after the end of this one.
  for await (const chunk of from.iterator({ destroyOnReturn: false })) {
    await slow(chunk.length);
    await line.send(chunk);
  }
  line.end();
}
