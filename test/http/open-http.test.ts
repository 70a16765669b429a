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
