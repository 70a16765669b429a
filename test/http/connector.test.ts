import { createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Http } from '../../src/http/client.js';
import { openHttp } from '../../src/http/open-http.js';
import { retryWait } from '../../src/http/retry.js';
import { makeCertificate } from '../harness/certificate.js';
import { startProxy } from '../harness/proxy.js';
import { rawServer } from '../harness/raw-server.js';

const certificate = makeCertificate();
const { signal } = new AbortController();
const target = new URL('https://civitai.test/file');
const SHORT_MS = 400;
const body = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, at) => (at * 7) % 251));

beforeEach(() => {
  // A running process cannot be given another authority.
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

async function open(env: Record<string, string>, base = target): Promise<Http> {
  const networkTimeouts = { connectMs: SHORT_MS, apiHeadMs: SHORT_MS, idleMs: SHORT_MS };
  const clock = { now: () => 0, monotonic: () => 0, sleep: async () => {} };
  const http = await openHttp({ env, networkTimeouts, ...clock }, base, 's3cret');
  onTestFinished(() => http.close());
  return http;
}

/** Sends a request with one of the two clients. */
const requests: readonly (readonly [what: string, readSize: { readSize?: number }])[] = [
  ['the API', {}],
  ['a file', { readSize: 16_384 }],
];

async function fetchBody(http: Http, options: { readSize?: number }): Promise<Buffer> {
  const response = await http.get(target, { signal, ...options });
  const chunks: Buffer[] = [];
  await response.receive((chunk) => {
    chunks.push(Buffer.from(chunk));
    // Pauses the socket between two chunks.
    return new Promise((resolve) => setImmediate(resolve));
  });
  return Buffer.concat(chunks);
}

describe.each(requests)('a request for %s', (_what, options) => {
  const startTarget = () =>
    rawServer(
      ({ socket }) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`);
        socket.write(body);
      },
      { certificate },
    );

  it.each([
    ['an http proxy', {}],
    ['an https proxy', { certificate }],
    ['a proxy that wants a user name and a password', { credentials: 'us%3Aer:p%40ss' }],
  ])('goes through %s', async (_kind, proxyOptions) => {
    const server = await startTarget();
    const proxy = await startProxy({ ...proxyOptions, route: () => Number(server.url.port) });
    onTestFinished(() => proxy.close());
    const http = await open({ HTTPS_PROXY: proxy.url });
    for (let turn = 0; turn < 2; turn++) expect((await fetchBody(http, options)).equals(body)).toBe(true);
    expect(new Set(proxy.seen)).toEqual(new Set(['CONNECT civitai.test:443']));
    expect(server.requests).toHaveLength(2);
    expect(server.requests[0]?.head).toContain('Bearer s3cret');
  });

  it('never goes through a proxy on loopback', async () => {
    const server = await rawServer(({ socket }) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'),
    );
    const http = await open(
      { HTTPS_PROXY: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9' },
      server.url,
    );
    expect(await http.get(server.url, { signal, ...options })).toMatchObject({ status: 200 });
  });

  it.each<
    readonly [
      what: string,
      answer: (socket: Socket) => void,
      code: string,
      message: string,
      isRetried: boolean,
    ]
  >([
    [
      'wants a user name',
      (socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'),
      'proxy-refused',
      'The proxy NAME needs a user name and password in HTTPS_PROXY (status 407).',
      false,
    ],
    [
      'forbids the host',
      (socket) => socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 3\r\n\r\nno!'),
      'proxy-refused',
      'The proxy NAME refused to connect to civitai.test:443 (status 403).',
      false,
    ],
    [
      'cannot reach the host',
      (socket) => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'),
      'broken',
      'The proxy NAME refused to connect to civitai.test:443 (status 502).',
      true,
    ],
    [
      'is busy',
      (socket) => socket.end('HTTP/1.0 429 Slow down\r\n\r\n'),
      'broken',
      'The proxy NAME refused to connect to civitai.test:443 (status 429).',
      true,
    ],
    [
      'is a web server',
      (socket) => socket.end('HTTP/1.1 405 Method Not Allowed\r\n\r\n<html>'),
      'proxy-refused',
      'The proxy NAME refused to connect to civitai.test:443 (status 405).',
      false,
    ],
    [
      'redirects to a login page',
      (socket) => socket.end('HTTP/1.1 302 Found\r\nlocation: http://login.test/\r\n\r\n'),
      'broken',
      'The proxy NAME refused to connect to civitai.test:443 (status 302).',
      true,
    ],
    [
      'does not speak HTTP',
      (socket) => socket.write('220 mail.test ESMTP\r\n'),
      'broken',
      'The proxy NAME did not send an HTTP response.',
      true,
    ],
    [
      'sends a broken head',
      (socket) => socket.write('HTTP/1.1 two hundred\r\n\r\n'),
      'broken',
      'The proxy NAME did not send an HTTP response.',
      true,
    ],
    [
      'sends a head without end',
      (socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}`);
      },
      'broken',
      'The proxy NAME did not send an HTTP response.',
      true,
    ],
    ['is silent', () => {}, 'timeout', 'The proxy NAME did not answer in time.', true],
    [
      'sends interim responses only',
      (socket) => {
        const timer = setInterval(() => socket.write('HTTP/1.1 100 Continue\r\n\r\n'), 20);
        socket.on('close', () => clearInterval(timer));
      },
      'timeout',
      'The proxy NAME did not answer in time.',
      true,
    ],
    [
      'closes the connection',
      (socket) => socket.end(),
      'broken',
      'The connection to the proxy NAME broke (ECONNRESET).',
      true,
    ],
    [
      'resets the connection',
      (socket) => socket.resetAndDestroy(),
      'broken',
      'The connection to the proxy NAME broke (ECONNRESET).',
      true,
    ],
    [
      'closes it within its response',
      (socket) => socket.end('HTTP/1.1 200'),
      'broken',
      'The connection to the proxy NAME broke (ECONNRESET).',
      true,
    ],
    [
      'closes the tunnel',
      (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'),
      'broken',
      'The connection to civitai.test broke (ECONNRESET).',
      true,
    ],
  ])('through a proxy that %s is told as the error of the proxy, after one connection', async (...row) => {
    const [, answer, code, message, isRetried] = row;
    const { url, requests: seen } = await rawServer(({ socket }) => answer(socket));
    const http = await open({ HTTPS_PROXY: `http://user:s3cret@${url.host}` });
    const error = await http.get(target, { signal, ...options }).catch((failure: unknown) => failure);
    const expected = message
      .replace('NAME', url.host)
      .replace('needs a user name and password', 'rejected the user name and password');
    expect(error).toMatchObject({ code, message: expected });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(seen).toHaveLength(1);
    expect(seen[0]?.head).toContain('CONNECT civitai.test:443 HTTP/1.1\r\nHost: civitai.test:443');
    expect(seen[0]?.head).not.toContain('Bearer');
    expect(retryWait(error, 1, () => 0.5) !== undefined).toBe(isRetried);
  });

  it('through a proxy that is not there names the proxy', async () => {
    const gone = await startProxy();
    await gone.close();
    const http = await open({ ALL_PROXY: gone.url });
    await expect(http.get(target, { signal, ...options })).rejects.toMatchObject({
      code: 'unreachable',
      message: `Cannot reach the proxy ${new URL(gone.url).host} (ECONNREFUSED).`,
      proxyFrom: 'ALL_PROXY',
    });
  });

  it.each<readonly [what: string, accept: (socket: Socket) => void]>([
    ['closes each connection', (socket) => socket.end()],
    ['resets each connection', (socket) => socket.resetAndDestroy()],
    ['closes after the first bytes', (socket) => socket.once('data', () => socket.end())],
    ['resets after the first bytes', (socket) => socket.once('data', () => socket.resetAndDestroy())],
    ['answers with garbage', (socket) => socket.once('data', () => socket.end('garbage\r\n\r\n'))],
  ])('to a server that %s makes one connection', async (_how, accept) => {
    for (const scheme of ['http', 'https']) {
      let connections = 0;
      const server = createServer((socket) => {
        connections++;
        socket.on('error', () => {});
        accept(socket);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void server.close());
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      const url = new URL(`${scheme}://127.0.0.1:${port}/`);
      const http = await open({}, url);
      await expect(http.get(url, { signal, ...options })).rejects.toMatchObject({
        // A reset may arrive before the connection is used.
        code: expect.stringMatching(/^(broken|unreachable)$/),
      });
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(connections).toBe(1);
    }
  });
});
