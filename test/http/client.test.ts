import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttp, type HttpOptions } from '../../src/http/client.js';
import { createDispatcher } from '../../src/http/undici.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const { signal } = new AbortController();
const idle = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function serve(answer: Answer) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { requests, url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`) };
}

async function openClient(options: Partial<HttpOptions> = {}) {
  const http = createHttp({
    dispatcher: await createDispatcher({ timeoutMs: 5_000 }),
    userAgent: 'test/1',
    now: () => 0,
    ...options,
  });
  onTestFinished(() => http.close());
  return http;
}

const redirectTo =
  (location: string | URL): Answer =>
  (_request, response) =>
    response.writeHead(307, { location: `${location}` }).end();
const succeed: Answer = (_request, response) => response.end('hello');

/** Hooks that record their calls, on a clock that counts the requests. */
function recordingHooks(waitMs = 0) {
  const calls: unknown[] = [];
  let count = 0;
  return {
    calls,
    beforeRequest: async (url: URL, given: AbortSignal) => {
      calls.push(['before', url.href]);
      await idle(waitMs);
      given.throwIfAborted();
      return ++count;
    },
    afterResponse: (url: URL, { status }: { readonly status: number }, sentAt: number) => {
      calls.push(['after', url.href, status, sentAt]);
    },
  };
}

describe('hooks', () => {
  it('are called around a GET and a POST', async () => {
    const { url } = await serve(succeed);
    const hooks = recordingHooks();
    const http = await openClient({ hooks });
    await http.get(url, { signal });
    await http.post(url, {}, { signal });
    expect(hooks.calls).toEqual([
      ['before', url.href],
      ['after', url.href, 200, 1],
      ['before', url.href],
      ['after', url.href, 200, 2],
    ]);
  });

  it('are called around each step of a redirect', async () => {
    const target = await serve(succeed);
    const start = await serve(redirectTo(target.url));
    const hooks = recordingHooks();
    const http = await openClient({ hooks });
    expect(await http.getFollowing(start.url, { signal })).toMatchObject({ status: 200 });
    expect(hooks.calls).toEqual([
      ['before', start.url.href],
      ['after', start.url.href, 307, 1],
      ['before', target.url.href],
      ['after', target.url.href, 200, 2],
    ]);
  });

  it('delay a request, which is never sent if the signal aborts meanwhile', async () => {
    const { url, requests } = await serve(succeed);
    const http = await openClient({ hooks: recordingHooks(20) });
    const controller = new AbortController();
    const response = http.get(url, { signal: controller.signal });
    controller.abort(new Error('aborted'));
    await expect(response).rejects.toThrow('aborted');
    expect(requests).toEqual([]);
  });

  it('see no response if there is none', async () => {
    const { url } = await serve(({ socket }) => socket.destroy());
    const hooks = recordingHooks();
    const http = await openClient({ hooks });
    await expect(http.get(url, { signal })).rejects.toMatchObject({ code: 'broken' });
    expect(hooks.calls).toEqual([['before', url.href]]);
  });

  it('are not called for a URL that must not be fetched', async () => {
    const hooks = recordingHooks();
    const http = await openClient({ hooks });
    await expect(http.get(new URL('http://example.com/'), { signal })).rejects.toMatchObject({
      code: 'untrusted',
    });
    expect(hooks.calls).toEqual([]);
  });
});

describe('a request', () => {
  it('sends the credential to its own origin only', async () => {
    const target = await serve(succeed);
    const start = await serve(redirectTo(target.url));
    const http = await openClient({ credential: { origin: start.url.origin, key: 's3cret' } });
    await http.getFollowing(start.url, { signal });
    const headers = [start, target].map(({ requests }) => requests[0]?.headers);
    expect(headers).toMatchObject([
      { authorization: 'Bearer s3cret', 'user-agent': 'test/1', 'accept-encoding': 'identity' },
      { 'user-agent': 'test/1', 'accept-encoding': 'identity' },
    ]);
    expect(headers[1]).not.toHaveProperty('authorization');
  });

  it('uses the HTTP/1.1 client for a large body only', async () => {
    const { url, requests } = await serve(succeed);
    const large: unknown[] = [];
    const response = { url, status: 206, header: () => undefined, receive: async () => {}, close: () => {} };
    const http1 = {
      exchange: async (...[to, , { readSize }]: [URL, object, { readonly readSize: number }]) => {
        large.push([to.href, readSize]);
        return response;
      },
      preconnect: () => {},
      close: () => {},
    };
    const http = await openClient({ http1 });
    expect(await http.get(url, { signal, readSize: 1_024 })).toMatchObject({ status: 206 });
    expect(await http.get(url, { signal })).toMatchObject({ status: 200 });
    expect(large).toEqual([[url.href, 1_024]]);
    expect(requests).toHaveLength(1);
  });

  it('is traced without its query', async () => {
    const { url } = await serve((request, response) =>
      request.method === 'GET' ? response.end() : request.socket.destroy(),
    );
    const lines: string[] = [];
    const http = await openClient({ trace: (line) => lines.push(line) });
    const signed = new URL('/file?sig=s3cret', url);
    await http.get(signed, { signal, headers: { range: 'bytes=5-' } });
    await http.post(signed, {}, { signal }).catch(() => {});
    expect(lines).toEqual([
      `GET ${url.href}file?… bytes=5- -> 200`,
      expect.stringMatching(/^POST \S+file\?… -> NetworkError: .*broke \(UND_ERR_SOCKET\)\.$/),
    ]);
  });
});

describe('a response', () => {
  it('has the wait of its Retry-After header', async () => {
    const { url } = await serve((_request, response) =>
      response.writeHead(503, { 'retry-after': '7' }).end(),
    );
    const http = await openClient();
    expect(await http.get(url, { signal })).toMatchObject({ status: 503, retryAfterMs: 7_000 });
  });

  it('fails with a NetworkError if its body breaks', async () => {
    const { url } = await serve((request, response) => {
      response.writeHead(200, { 'content-length': '9' });
      response.write('hello', () => request.socket.destroy());
    });
    const http = await openClient();
    const response = await http.get(url, { signal });
    await expect(response.receive(() => undefined)).rejects.toMatchObject({ code: 'broken' });
  });

  it('is returned as it is if a redirect is not to be followed', async () => {
    const { url } = await serve(redirectTo('/other'));
    const http = await openClient();
    expect(await http.get(url, { signal })).toMatchObject({ status: 307 });
  });

  it('is refused after five redirects', async () => {
    const { url, requests } = await serve(redirectTo('/again'));
    const http = await openClient();
    await expect(http.getFollowing(url, { signal })).rejects.toMatchObject({
      code: 'broken',
      message: `${url.host} redirected more than 5 times.`,
    });
    expect(requests).toHaveLength(6);
  });
});
