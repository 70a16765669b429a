import { describe, expect, it, onTestFinished } from 'vitest';
import { openHttp, readBaseUrl } from '../../src/http/open-http.js';
import { rawServer } from '../harness/raw-server.js';

describe('the base URL', () => {
  it.each([
    [undefined, 'https://civitai.com/'],
    ['', 'https://civitai.com/'],
    ['https://example.com', 'https://example.com/'],
    ['http://127.0.0.1:3000/x', 'http://127.0.0.1:3000/x'],
  ])('of %j is %s', (value, url) => {
    expect(readBaseUrl({ CIVITAI_BASE_URL: value }).href).toBe(url);
  });

  it.each([
    ['civitai', 'CIVITAI_BASE_URL is not a URL: civitai'],
    ['http://example.com', 'CIVITAI_BASE_URL must be https, or http on this machine: http://example.com'],
  ])('cannot be %j', (value, message) => {
    expect(() => readBaseUrl({ CIVITAI_BASE_URL: value })).toThrow(message);
  });
});

describe('the HTTP client of a run', () => {
  const { signal } = new AbortController();

  it('sends the key and paces requests', async () => {
    const answers = ['429 Too Many\r\nretry-after: 3', '200 OK'];
    const { url, requests } = await rawServer(({ socket }) =>
      socket.write(`HTTP/1.1 ${answers.shift()}\r\ncontent-length: 0\r\n\r\n`),
    );
    let now = 0;
    const lines: string[] = [];
    const runtime = {
      env: {},
      networkTimeouts: { connectMs: 5_000, apiHeadMs: 5_000, idleMs: 5_000 },
      now: () => now,
      monotonic: () => now,
      sleep: async (ms: number) => {
        now += ms;
      },
    };
    const http = await openHttp(runtime, url, 's3cret', (line) => lines.push(line));
    onTestFinished(() => http.close());
    await http.get(url, { signal });
    await http.get(url, { signal });
    expect(now).toBe(3_000);
    expect(requests.map(({ head }) => /authorization: (.*)/.exec(head)?.[1])).toEqual([
      'Bearer s3cret',
      'Bearer s3cret',
    ]);
    expect(lines).toContain(`slowing down requests to ${url.host}: too many requests or failures`);
    expect(lines.join()).not.toContain('s3cret');
  });
});

describe('an API', () => {
  const { signal } = new AbortController();
  const runtime = {
    env: {},
    networkTimeouts: { connectMs: 300, apiHeadMs: 300, idleMs: 300 },
    now: () => 0,
    monotonic: () => 0,
    sleep: async () => {},
  };

  it.each([
    ['https://civitai.test', 'http://127.0.0.1:1/x', 'it is not https'],
    ['https://civitai.test', 'http://localhost:1/x', 'it is not https'],
    ['https://civitai.test', 'http://image.civitai.com/x', 'it is not https'],
    ['https://127.0.0.1:1', 'http://127.0.0.1:1/x', 'it is not https'],
    ['https://civitai.test', 'https://127.0.0.1:1/x', 'it leads to this machine'],
    ['https://civitai.test', 'https://localhost:1/x', 'it leads to this machine'],
    ['https://civitai.test', 'https://LOCALHOST.:1/x', 'it leads to this machine'],
    ['https://civitai.test', 'https://x.localhost:1/x', 'it leads to this machine'],
    ['https://civitai.test', 'https://[::1]:1/x', 'it leads to this machine'],
    ['https://civitai.test', 'https://[::ffff:127.0.0.1]:1/x', 'it leads to this machine'],
    ['https://civitai.test', 'https://0.0.0.0:1/x', 'it leads to this machine'],
    ['https://civitai.test', 'https://[::]:1/x', 'it leads to this machine'],
    ['https://civitai.test', 'https://2130706433:1/x', 'it leads to this machine'],
    ['https://civitai.test', 'https://0x7f.1:1/x', 'it leads to this machine'],
  ])('at %s never leads to %s', async (base, url, problem) => {
    const http = await openHttp(runtime, new URL(base), undefined);
    onTestFinished(() => http.close());
    for (const options of [{}, { readSize: 1_024 }]) {
      await expect(http.getFollowing(new URL(url), { signal, ...options })).rejects.toMatchObject({
        code: 'untrusted',
        message: expect.stringContaining(problem),
      });
      expect(() => http.preconnect(new URL(url), 1, { signal, readSize: 1_024 })).toThrow(problem);
    }
  });

  it('on this machine may lead to this machine', async () => {
    const { url } = await rawServer(({ socket }) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
    );
    const http = await openHttp(runtime, new URL('http://localhost:1'), undefined);
    onTestFinished(() => http.close());
    expect(await http.getFollowing(url, { signal })).toMatchObject({ status: 200 });
  });
});
