import type { Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Http } from '../../src/http/client.js';
import type { NetworkTimeouts } from '../../src/http/network-timeouts.js';
import { openHttp } from '../../src/http/open-http.js';
import { rawServer } from '../harness/raw-server.js';

const { signal } = new AbortController();
const SHORT_MS = 300;
const LONG_MS = 60_000;
const MEGABYTE = 1_000_000;
const short: NetworkTimeouts = { connectMs: SHORT_MS, apiHeadMs: SHORT_MS, idleMs: SHORT_MS };

async function open(url: URL, timeouts: Partial<NetworkTimeouts> = {}): Promise<Http> {
  const clock = { now: () => 0, monotonic: () => 0, sleep: async () => {} };
  const http = await openHttp(
    { env: {}, networkTimeouts: { ...short, ...timeouts }, ...clock },
    url,
    undefined,
  );
  onTestFinished(() => http.close());
  return http;
}

type Peer = (socket: Socket) => void;

/** Sends a text again and again, as fast as the client reads it. */
const flood =
  (head: string, text: string): Peer =>
  (socket) => {
    socket.write(head);
    const block = text.repeat(Math.ceil(65_536 / text.length));
    const send = () => {
      while (!socket.destroyed && socket.write(block));
    };
    socket.on('drain', send);
    send();
  };

/** Sends one byte after another, each long before a timeout for silence. */
const drip =
  (head: string, text: string): Peer =>
  (socket) => {
    let sent = 0;
    socket.write(head);
    const timer = setInterval(() => socket.write(text.charAt(sent++ % text.length)), SHORT_MS / 10);
    socket.on('close', () => clearInterval(timer));
  };

const OK = 'HTTP/1.1 200 OK\r\n';
const peers: readonly (readonly [what: string, peer: Peer, code: string])[] = [
  ['that is silent', () => {}, 'timeout'],
  ['with a flood of interim responses', flood('', 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n'), 'broken'],
  ['with a drip of interim responses', drip('', 'HTTP/1.1 103 Early Hints\r\n\r\n'), 'timeout'],
  ['with a drip of a head', drip(OK, 'x: y\r\n'), 'timeout'],
  ['with an endless head', flood(OK, 'x: y\r\n'), 'broken'],
  ['with an endless line in its head', flood(OK, 'x'), 'broken'],
  ['with a drip of a body', drip(`${OK}content-length: 100000\r\n\r\n`, 'x'), 'timeout'],
  ['with a drip of a body without length', drip(`${OK}\r\n`, 'x'), 'timeout'],
  ['with a drip of chunks', drip(`${OK}transfer-encoding: chunked\r\n\r\n`, '1\r\nx\r\n'), 'timeout'],
  // undici ignores it, until it has brought too little.
  [
    'with an endless extension of a chunk',
    flood(`${OK}transfer-encoding: chunked\r\n\r\n1;`, 'x'),
    'broken|timeout',
  ],
  ['with endless trailers', flood(`${OK}transfer-encoding: chunked\r\n\r\n0\r\n`, 'x: y\r\n'), 'broken'],
  ['that stops within its body', (socket) => socket.write(`${OK}content-length: 9\r\n\r\nabc`), 'timeout'],
];

describe.each([
  ['the API', {}],
  ['an image', { readSize: 16_384, minBytesPerSecond: 1_000 }],
] as const)('a response of %s', (_what, options) => {
  it.each(peers)('%s is given up', async (_how, peer, code) => {
    const { url, open: sockets } = await rawServer(({ socket }) => peer(socket));
    const http = await open(url);
    const startedAt = performance.now();
    const before = process.memoryUsage().rss;
    const received = http
      .get(url, { signal, ...options })
      .then((response) => response.receive(() => undefined));
    await expect(received).rejects.toMatchObject({
      name: 'NetworkError',
      code: expect.stringMatching(new RegExp(`^(${code})$`)),
    });
    // undici looks at its timers once a second.
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(80 * MEGABYTE);
    await vi.waitUntil(() => sockets.size === 0);
  });

  it('is not given up for the time in which its receiver is busy', async () => {
    const { url } = await rawServer(({ socket }) => socket.write(`${OK}content-length: 3\r\n\r\nabc`));
    const http = await open(url);
    const response = await http.get(url, { signal, ...options });
    let received = 0;
    await response.receive((chunk) => {
      received += chunk.length;
      return new Promise((resolve) => setTimeout(resolve, 4 * SHORT_MS));
    });
    expect(received).toBe(3);
  });

  it.each([
    ['without a connection', LONG_MS, (socket: Socket) => socket.pause(), 'https:'],
    ['without a head', LONG_MS, () => {}, 'http:'],
    ['within its head', LONG_MS, (socket: Socket) => socket.write(OK), 'http:'],
    ['within its body', LONG_MS, (socket: Socket) => socket.write(`${OK}\r\nx`), 'http:'],
  ])('%s ends at once when the signal aborts', async (_when, idleMs, peer, protocol) => {
    const { url, open: sockets } = await rawServer(({ socket }) => void peer(socket));
    const http = await open(url, { connectMs: idleMs, apiHeadMs: idleMs, idleMs });
    const controller = new AbortController();
    const to = new URL(url.href.replace('http:', protocol));
    const received = http
      .get(to, { ...options, signal: controller.signal })
      .then((response) => response.receive(() => undefined));
    await vi.waitUntil(() => sockets.size > 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const abortedAt = performance.now();
    controller.abort(new Error('aborted'));
    await expect(received).rejects.toThrow('aborted');
    await http.close();
    expect(performance.now() - abortedAt).toBeLessThan(500);
    await vi.waitUntil(() => sockets.size === 0);
  });
});

it('a discarded response that drips does not keep its connection', async () => {
  const { url, open: sockets } = await rawServer(({ socket }) =>
    drip(`${OK}content-length: 999\r\n\r\n`, 'x')(socket),
  );
  const http = await open(url, { idleMs: LONG_MS });
  (await http.get(url, { signal })).close();
  await vi.waitUntil(() => sockets.size === 0, 3_000);
});

it('the head of an API response may take longer than a silence within it', async () => {
  const { url } = await rawServer(({ socket }) => {
    setTimeout(() => socket.write(`${OK}content-length: 2\r\n\r\nok`), 4 * SHORT_MS);
  });
  const http = await open(url, { apiHeadMs: LONG_MS });
  expect(await http.get(url, { signal })).toMatchObject({ status: 200 });
  await expect(http.get(url, { signal, readSize: 1_024 })).rejects.toMatchObject({ code: 'timeout' });
});

it('an API response of megabytes at the lowest rate is not given up', async () => {
  const { url } = await rawServer(({ socket }) => {
    socket.write(`${OK}content-length: 20000\r\n\r\n`);
    for (let part = 0; part < 20; part++) setTimeout(() => socket.write('x'.repeat(1_000)), part * 100);
  });
  const http = await open(url);
  let size = 0;
  await (await http.get(url, { signal })).receive((chunk) => {
    size += chunk.length;
    return undefined;
  });
  expect(size).toBe(20_000);
});
