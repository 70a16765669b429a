import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { delayLine } from './delay-line.js';
import { type Pace, pace } from './pace.js';
import { Traffic } from './traffic.js';

/** What a proxy does to connections; it watches them even if that is nothing. */
export interface Shape {
  /** Bytes per second of all connections together. */
  readonly total?: number;
  /** Milliseconds there and back, once more before a connection's first byte. */
  readonly roundTrip?: number;
}

/** A stand-in for the way to a server: passes on bytes without looking at them, only slower. */
export interface TcpProxy {
  readonly port: number;
  readonly traffic: Traffic;
  close(): Promise<void>;
}

export async function startProxy(serverPort: number, shape: Shape): Promise<TcpProxy> {
  const traffic = new Traffic();
  const sockets = new Set<Socket>();
  const { total, roundTrip = 0 } = shape;
  const slow = total === undefined ? unhindered : pace(total);
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: serverPort, host: '127.0.0.1', allowHalfOpen: true });
    traffic.open(client);
    client.once('close', () => traffic.close(client));
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.once('close', () => sockets.delete(socket));
    }
    void relay(client, upstream, roundTrip, slow, () => traffic.pass(client));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    traffic,
    close: async () => {
      server.close();
      traffic.stop();
      for (const socket of sockets) socket.destroy();
    },
  };
}

const unhindered: Pace = async () => {};

async function relay(
  client: Socket,
  upstream: Socket,
  roundTrip: number,
  slow: Pace,
  onPass: () => void,
): Promise<void> {
  const down = roundTrip > 0 ? delayLine(client, roundTrip / 2, onPass) : directLine(client, onPass);
  const up = roundTrip > 0 ? delayLine(upstream, roundTrip / 2, () => {}) : directLine(upstream, () => {});
  destroyTogether(client, upstream);
  // The handshake's round trip.
  if (roundTrip > 0) await sleep(roundTrip);
  const ways = [pump(client, up, unhindered), pump(upstream, down, slow)];
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
