import { describe, expect, it } from 'vitest';
import {
  type Answer,
  hello,
  networkErrorOf,
  openClient,
  READ_SIZE,
  readText,
  send,
  sendAndEnd,
  startExchange,
  until,
} from './raw-exchange.js';

describe('a connection', () => {
  it('serves one request after another', async () => {
    const { get, requests } = await startExchange(send(hello));
    for (let turn = 0; turn < 3; turn++) expect(await readText(await get())).toBe('hello');
    expect(requests.map(({ connection, turn }) => [connection, turn])).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
    ]);
  });

  it('serves one request at a time', async () => {
    const { get, requests } = await startExchange(send(hello));
    const [first, second] = await Promise.all([get(), get()]);
    expect([await readText(first), await readText(second)]).toEqual(['hello', 'hello']);
    await Promise.all([get().then(readText), get().then(readText)]);
    expect(requests.map(({ connection }) => connection).sort()).toEqual([0, 0, 1, 1]);
  });

  it.each<readonly [what: string, answer: Answer]>([
    ['the server closes it', send('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello')],
    ['the server speaks HTTP/1.0', send('HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello')],
    ['its end was the end of the body', sendAndEnd('HTTP/1.1 200 OK\r\n\r\nhello')],
  ])('is not reused if %s', async (_what, answer) => {
    const { get, requests, open } = await startExchange(answer);
    expect(await readText(await get())).toBe('hello');
    expect(await readText(await get())).toBe('hello');
    expect(requests.map(({ connection }) => connection)).toEqual([0, 1]);
    await until(() => open.size === 0);
  });

  it('is closed if the body is discarded', async () => {
    const { get, requests, open } = await startExchange(
      send('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello'),
    );
    const response = await get();
    response.close();
    await expect(readText(response)).rejects.toThrow('The response was closed before its end.');
    await until(() => open.size === 0);
    (await get()).close();
    expect(requests.map(({ connection }) => connection)).toEqual([0, 1]);
  });

  it('is not reused for another read size', async () => {
    const { get, requests } = await startExchange(send(hello));
    await readText(await get());
    await readText(await get({ readSize: 2 * READ_SIZE }));
    expect(requests.map(({ connection }) => connection)).toEqual([0, 1]);
  });

  it('is not reused after the server has closed it', async () => {
    const { get, requests, open } = await startExchange(send(hello));
    await readText(await get());
    for (const socket of open) socket.end();
    await until(() => open.size === 0);
    expect(await readText(await get())).toBe('hello');
    expect(requests.map(({ connection }) => connection)).toEqual([0, 1]);
  });

  it.each<readonly [what: string, close: Answer]>([
    ['closes', ({ socket }) => socket.end()],
    ['breaks', ({ socket }) => socket.resetAndDestroy()],
  ])('that the server %s during the next request is replaced', async (_what, close) => {
    const { get, requests } = await startExchange((request) =>
      request.turn === 0 ? send(hello)(request) : close(request),
    );
    expect(await readText(await get())).toBe('hello');
    expect(await readText(await get())).toBe('hello');
    expect(requests.map(({ connection, turn }) => [connection, turn])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
    ]);
  });

  it('is closed if it receives bytes without a request', async () => {
    const { get, requests, open } = await startExchange(send(hello));
    await readText(await get());
    for (const socket of open) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil');
    await until(() => open.size === 0);
    expect(await readText(await get())).toBe('hello');
    expect(requests.map(({ connection }) => connection)).toEqual([0, 1]);
  });

  it('is closed with the client', async () => {
    const { get, client, open } = await startExchange(send(hello));
    await Promise.all([get().then(readText), get().then(readText)]);
    expect(open.size).toBe(2);
    client.close();
    await until(() => open.size === 0);
  });
});

describe('a request', () => {
  it('is not sent with a header value that contains an end of line', async () => {
    const { get, requests } = await startExchange(send(hello));
    const headers = { 'if-range': '"a"\r\nauthorization: x' };
    await expect(get({ headers })).rejects.toBeInstanceOf(TypeError);
    expect(requests).toEqual([]);
  });

  it('fails if the server is unreachable', async () => {
    const url = new URL('http://127.0.0.1:1/');
    expect(await networkErrorOf(openClient(url).get(), url)).toMatchObject({ code: 'unreachable' });
  });

  it('is not sent after the signal has aborted', async () => {
    const { get, requests } = await startExchange(send(hello));
    const reason = new Error('aborted');
    await expect(get({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await readText(await get());
    await expect(get({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(requests).toHaveLength(1);
  });

  it('ignores a signal that aborts after its body', async () => {
    const { get, requests } = await startExchange(send(hello));
    const controller = new AbortController();
    await readText(await get({ signal: controller.signal }));
    controller.abort();
    await readText(await get());
    expect(requests.map(({ connection }) => connection)).toEqual([0, 0]);
  });
});
