import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createLosses, PACKET_BYTES } from './losses.js';
import { startProxy, type TcpProxy } from './proxy.js';
import { idealSeconds, type Shape } from './shape.js';

const content = randomBytes(1_000_000);
let server: Server;
let proxy: TcpProxy | undefined;

beforeAll(async () => {
  server = createServer((_request, response) => response.end(content)).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => proxy?.close());

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function start(shape: Shape): Promise<TcpProxy> {
  proxy = await startProxy((server.address() as AddressInfo).port, shape);
  proxy.beginRun(0);
  return proxy;
}

/** Fetches the content over a connection of its own, and returns the seconds it took. */
async function fetchThrough({ port }: TcpProxy): Promise<number> {
  const start = performance.now();
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
  expect(content.equals(Buffer.from(await response.arrayBuffer()))).toBe(true);
  return (performance.now() - start) / 1000;
}

// Tests only the minimum times: a busy machine makes everything slower, and nothing faster.
describe('the proxy', () => {
  it('passes all bytes on, and counts the connections', async () => {
    const through = await start({});
    await Promise.all([fetchThrough(through), fetchThrough(through), fetchThrough(through)]);
    const { bytes, ...summary } = through.traffic.end();
    expect(summary).toMatchObject({ opened: 3, max: 3 });
    expect(bytes).toBeGreaterThan(3 * content.length);
  });

  it('limits all connections together', async () => {
    const through = await start({ total: 10_000_000 });
    const seconds = await Promise.all([fetchThrough(through), fetchThrough(through)]);
    // 2 MB take 0.2 s, of which late timers may make up for a little.
    expect(Math.max(...seconds)).toBeGreaterThan(0.17);
    expect(through.traffic.end()).toMatchObject({ opened: 2, max: 2 });
  });

  it('takes a round trip for the handshake, one for the request, and more for what the window does not hold', async () => {
    const through = await start({ roundTripMs: 20 });
    // 14.6 kB, then twice as much each time: 1 MB takes seven windows.
    expect(await fetchThrough(through)).toBeGreaterThan(0.02 * (1 + 1 + 6) - 0.01);
  });

  it('keeps the initial window while every packet is lost', async () => {
    const through = await start({ roundTripMs: 6, loss: 1 });
    // 1 MB takes 69 windows of 14.6 kB.
    expect(await fetchThrough(through)).toBeGreaterThan(0.006 * (1 + 1 + 68) - 0.01);
  });

  it('gives each connection the rate of its place, and starts over after the last rate and with each run', async () => {
    const through = await start({ rates: [1e9, 5_000_000] });
    const isSlow = async () => (await fetchThrough(through)) > 0.17;
    const slow = [await isSlow(), await isSlow(), await isSlow(), await isSlow()];
    expect([slow[1], slow[3]]).toEqual([true, true]);
    through.beginRun(1);
    await fetchThrough(through);
    expect(await isSlow()).toBe(true);
  });

  it('stops one connection once', async () => {
    const through = await start({ stall: { connection: 1, afterBytes: 500_000, ms: 300 } });
    await fetchThrough(through);
    expect(await fetchThrough(through)).toBeGreaterThan(0.29);
  });

  it('counts from zero in each run', async () => {
    const through = await start({});
    await fetchThrough(through);
    through.traffic.end();
    through.beginRun(1);
    expect(through.traffic.end()).toEqual({ opened: 0, max: 0, bytes: 0, mean: 0, timeline: [0] });
  });
});

describe('losses', () => {
  /** Offsets of the packets that are lost. */
  function lostPackets(seed: number, packets: number): number[] {
    const isLost = createLosses(0.01, seed);
    return Array.from({ length: packets }, (_, index) => index).filter(() => isLost(PACKET_BYTES));
  }

  it('are as frequent as their probability', () => {
    const { length } = lostPackets(1, 100_000);
    expect(length).toBeGreaterThan(900);
    expect(length).toBeLessThan(1_100);
  });

  it('are the same for the same seed, and others for another one', () => {
    expect(lostPackets(3, 1_000)).toEqual(lostPackets(3, 1_000));
    expect(lostPackets(3, 1_000)).not.toEqual(lostPackets(4, 1_000));
  });
});

describe('the ideal time', () => {
  it('is the size divided by all rates together', () => {
    expect(idealSeconds({ rates: [20, 20, 2, 20] }, 620)).toBe(10);
  });

  it('lets the others go on during a stall', () => {
    const rates = [20, 20, 20, 20];
    // 3 s of 80, then 4 s of 60.
    expect(idealSeconds({ rates, stall: { connection: 2, afterBytes: 60, ms: 10_000 } }, 480)).toBe(7);
    // 1 s of 80, 2 s of 60, 2 s of 80.
    expect(idealSeconds({ rates, stall: { connection: 2, afterBytes: 20, ms: 2_000 } }, 360)).toBe(5);
  });
});
