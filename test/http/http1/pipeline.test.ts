import { describe, expect, it } from 'vitest';
import { hello, makeContent, readSlowly, readText, send, startExchange, until } from './raw-exchange.js';

const head = (length: number) => `HTTP/1.1 206 OK\r\ncontent-length: ${length}\r\n\r\n`;
const pipeline = {};

describe('a request of a pipeline', () => {
  it('is sent before the response to the one before has ended', async () => {
    const { get, requests } = await startExchange(({ socket, turn }) => {
      if (turn === 0) socket.write(`${head(10)}hello`);
      // The end of the first response and the second one arrive together.
      else socket.write(`world${head(5)}again`);
    });
    const first = await get({ pipeline });
    const [second, body] = await Promise.all([get({ pipeline }), readText(first)]);
    expect(body).toBe('helloworld');
    expect(await readText(second)).toBe('again');
    expect(requests.map(({ connection, turn }) => [connection, turn])).toEqual([
      [0, 0],
      [0, 1],
    ]);
  });

  it('uses the connection again after the response before has ended', async () => {
    const { get, requests } = await startExchange(send(hello));
    for (let turn = 0; turn < 3; turn++) expect(await readText(await get({ pipeline }))).toBe('hello');
    expect(requests.map(({ connection }) => connection)).toEqual([0, 0, 0]);
  });

  it('is sent over another connection in another pipeline', async () => {
    const { get, requests } = await startExchange(send(`${head(10)}hello`));
    await get({ pipeline: {} });
    await get({ pipeline: {} });
    expect(requests.map(({ connection }) => connection)).toEqual([0, 1]);
  });

  it('is sent again over a new connection if the server closes the old one', async () => {
    const { get, requests } = await startExchange(({ socket, connection, turn }) => {
      if (connection > 0) socket.write(hello);
      else if (turn === 0) socket.write(`${head(10)}hello`);
      else socket.end('world');
    });
    const first = await get({ pipeline });
    const [second, body] = await Promise.all([get({ pipeline }), readText(first)]);
    expect([body, await readText(second)]).toEqual(['helloworld', 'hello']);
    expect(requests.map(({ connection }) => connection)).toEqual([0, 0, 1]);
  });

  it('is sent again over a new connection if the response before is discarded', async () => {
    const { get, requests, open } = await startExchange(({ socket, connection }) => {
      socket.write(connection === 0 ? `${head(10)}hello` : hello);
    });
    const first = await get({ pipeline });
    const following = get({ pipeline });
    await until(() => requests.length === 2);
    first.close();
    expect(await readText(await following)).toBe('hello');
    await until(() => open.size === 1);
  });

  it('can be aborted without harm to the response before', async () => {
    const { get, requests } = await startExchange(({ socket, turn }) => {
      if (turn === 0) socket.write(`${head(10)}hello`);
    });
    const first = await get({ pipeline });
    const abort = new AbortController();
    const following = get({ pipeline, signal: abort.signal });
    await until(() => requests.length === 2);
    abort.abort(new Error('Interrupted.'));
    await expect(following).rejects.toThrow('Interrupted.');
    requests[0]?.socket.write('world');
    expect(await readText(first)).toBe('helloworld');
  });

  it('gets its own bytes, however the bytes arrive and however slowly they are read', async () => {
    const content = makeContent(20_000);
    const sizes = [1, 1_023, 1_024, 1_025, 5_000, 11_927];
    const parts = sizes.map((size, index) => {
      const start = sizes.slice(0, index).reduce((sum, one) => sum + one, 0);
      return content.subarray(start, start + size);
    });
    const { get } = await startExchange(({ socket, turn }) => {
      const part = parts[turn] ?? Buffer.alloc(0);
      socket.write(Buffer.concat([Buffer.from(head(part.length)), part]));
    });
    const received: Buffer[] = [];
    let response = await get({ pipeline });
    for (let index = 0; index < parts.length; index++) {
      const following = index + 1 < parts.length ? get({ pipeline }) : undefined;
      received.push(await readSlowly(response));
      response = (await following) ?? response;
    }
    expect(Buffer.concat(received).equals(content)).toBe(true);
  });
});

describe('a connection that was opened ahead', () => {
  const { signal } = new AbortController();

  it('serves the next request', async () => {
    const { client, url, get, requests, open } = await startExchange(send(hello));
    client.preconnect(url, 2, { signal, readSize: 1_024 });
    await until(() => open.size === 2);
    const responses = await Promise.all([get(), get()]);
    expect(await Promise.all(responses.map(readText))).toEqual(['hello', 'hello']);
    expect(open.size).toBe(2);
    expect(requests.map(({ connection }) => connection).sort()).toEqual([0, 1]);
  });

  it('is waited for if it is not open yet', async () => {
    const { client, url, get, open } = await startExchange(send(hello));
    client.preconnect(url, 1, { signal, readSize: 1_024 });
    expect(await readText(await get())).toBe('hello');
    expect(open.size).toBe(1);
  });

  it('is replaced if the server has closed it', async () => {
    const { client, url, get, requests, open } = await startExchange(send(hello));
    client.preconnect(url, 1, { signal, readSize: 1_024 });
    await until(() => open.size === 1);
    for (const socket of open) socket.end();
    await until(() => open.size === 0);
    expect(await readText(await get())).toBe('hello');
    expect(requests.map(({ connection }) => connection)).toEqual([1]);
  });

  it('is closed with the client', async () => {
    const { client, url, open } = await startExchange(send(hello));
    client.preconnect(url, 2, { signal, readSize: 1_024 });
    await until(() => open.size === 2);
    client.close();
    await until(() => open.size === 0);
  });
});
