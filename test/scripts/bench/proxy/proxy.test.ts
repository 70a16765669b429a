import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Shape, startProxy, type TcpProxy } from './proxy.js';

const content = randomBytes(1_000_000);
let server: Server;
let proxy: TcpProxy;

beforeAll(async () => {
  server = createServer((_request, response) => response.end(content)).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => proxy.close());

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function start(shape: Shape): Promise<void> {
  proxy = await startProxy((server.address() as AddressInfo).port, shape);
  proxy.traffic.begin();
}

/** Fetches the content over a new connection, and returns the seconds. */
async function fetchThrough(): Promise<number> {
  const start = performance.now();
  const response = await fetch(`http://127.0.0.1:${proxy.port}/`, { headers: { connection: 'close' } });
  expect(content.equals(Buffer.from(await response.arrayBuffer()))).toBe(true);
  return (performance.now() - start) / 1000;
}

// Only minimum times are tested, since a busy machine makes everything slower.
describe('the proxy', () => {
  it('passes on all bytes, and counts the connections', async () => {
    await start({});
    await Promise.all([fetchThrough(), fetchThrough(), fetchThrough()]);
    expect(proxy.traffic.end()).toMatchObject({ opened: 3, max: 3 });
  });

  it('limits all connections together', async () => {
    await start({ bytesPerSecond: 10_000_000 });
    const seconds = await Promise.all([fetchThrough(), fetchThrough()]);
    // 2 MB take 0.2 s, less what may be caught up.
    expect(Math.max(...seconds)).toBeGreaterThan(0.17);
    expect(proxy.traffic.end()).toMatchObject({ opened: 2, max: 2 });
  });

  it('takes a round trip for the handshake, one for the request, and more for what the window does not hold', async () => {
    await start({ roundTripMs: 20 });
    // 14.6 kB, then twice as much each time: 1 MB takes seven windows.
    expect(await fetchThrough()).toBeGreaterThan(0.02 * (1 + 1 + 6) - 0.01);
  });

  it('starts anew with each run', async () => {
    await start({});
    await fetchThrough();
    proxy.traffic.end();
    proxy.traffic.begin();
    expect(proxy.traffic.end()).toEqual({ opened: 0, max: 0, mean: 0, timeline: [0] });
  });
});
