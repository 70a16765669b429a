import { expect } from 'vitest';
import { BufferPool } from '../../src/disk/write-buffer.js';
import { openHttp } from '../../src/http/open-http.js';
import { fetchMedia } from '../../src/transfer/media.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import { rawServer } from '../harness/raw-server.js';

const MiB = 1024 * 1024;

it.for([
  ['a jpeg', '\xff\xd8\xff\xe0', 'image/jpeg', 256],
  ['what calls itself a png', 'x', 'image/png', 256],
  ['what is neither', 'x', 'text/plain', 256],
  ['a video', '\0\0\0\x20ftypmp42', 'video/mp4', 1024],
] as const)('%s without end is given up, and leaves nothing', { timeout: 60_000 }, async (row) => {
  const [, beginning, type, maxMiB] = row;
  const { url, open } = await rawServer(({ socket }) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\n\r\n${beginning}`, 'latin1');
    const block = Buffer.alloc(MiB);
    const send = () => {
      while (!socket.destroyed && socket.write(block));
    };
    socket.on('drain', send);
    send();
  });
  const networkTimeouts = { connectMs: 5_000, apiHeadMs: 5_000, idleMs: 5_000 };
  const sleep = async () => {};
  const clock = { now: () => 0, monotonic: () => 0, sleep };
  const http = await openHttp({ env: {}, networkTimeouts, ...clock }, url, undefined);
  const fetched = fetchMedia(
    { url, directory: sandbox.path('models'), stem: '1' },
    {
      http,
      retry: { retries: 3, sleep, random: () => 0.5 },
      signal: new AbortController().signal,
      mediaBuffers: new BufferPool(64 * 1024),
      lock: sandbox.path('.lock'),
    },
  );
  await expect(fetched).rejects.toMatchObject({
    code: 'too-long',
    message: `Image 1: ${url.host} sent more than ${maxMiB} MiB.`,
  });
  expect(await sandbox.tree()).toEqual([]);
  await http.close();
  await expect.poll(() => open.size).toBe(0);
});
