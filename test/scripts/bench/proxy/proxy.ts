import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { delayLine } from './delay-line.js';
import { type Pace, pace } from './pace.js';
import { Traffic } from './traffic.js';

/** What a proxy does to connections, besides observing them. */
export interface Shape {
  /** Limit of all connections together. */
  readonly bytesPerSecond?: number;
  /** Also added before the first byte of a connection. */
  readonly roundTripMs?: number;
}

/** A proxy that forwards bytes, with a delay and a limit. */
export interface TcpProxy {
  readonly port: number;
  readonly traffic: Traffic;
  close(): Promise<void>;
}

export async function startProxy(serverPort: number, shape: Shape): Promise<TcpProxy> {
  const traffic = new Traffic();
  const sockets = new Set<Socket>();
  const { bytesPerSecond, roundTripMs = 0 } = shape;
  const throttle = bytesPerSecond === undefined ? unlimited : pace(bytesPerSecond);
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: serverPort, host: '127.0.0.1', allowHalfOpen: true });
    traffic.open(client);
    client.once('close', () => traffic.close(client));
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.once('close', () => sockets.delete(socket));
    }
    void relay(client, upstream, roundTripMs, throttle, () => traffic.pass(client));
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

const unlimited: Pace = async () => {};

async function relay(
  client: Socket,
  upstream: Socket,
  roundTripMs: number,
  throttle: Pace,
  onPass: () => void,
): Promise<void> {
  const down = roundTripMs > 0 ? delayLine(client, roundTripMs / 2, onPass) : directLine(client, onPass);
  const up =
    roundTripMs > 0 ? delayLine(upstream, roundTripMs / 2, () => {}) : directLine(upstream, () => {});
  destroyTogether(client, upstream);
  // The round trip of the handshake.
  if (roundTripMs > 0) await sleep(roundTripMs);
  const ways = [pump(client, up, unlimited), pump(upstream, down, throttle)];
  await Promise.all(ways).catch(() => {
    client.destroy();
    upstream.destroy();
  });
}

/** Destroys both sockets after an error or when the client closes. Bytes may be in flight when the server closes. */
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

async function pump(from: Socket, line: Line, throttle: Pace): Promise<void> {
  // The other direction of the same socket goes on after the end of this one.
  for await (const chunk of from.iterator({ destroyOnReturn: false })) {
    await throttle(chunk.length);
    await line.send(chunk);
  }
  line.end();
}
