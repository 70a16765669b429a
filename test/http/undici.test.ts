import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDispatcher, exchange } from '../../src/http/undici.js';

let server: Server;
let url: URL;
let connections: number;
/** Sends the body of a redirect. */
let answer: (response: ServerResponse) => void;
let dispatcher: Awaited<ReturnType<typeof createDispatcher>>;

beforeEach(async () => {
  connections = 0;
  server = createServer((_request, response) => {
    response.statusCode = 307;
    answer(response);
  });
  server.on('connection', () => {
    connections++;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  dispatcher = await createDispatcher({ timeoutMs: 5_000 });
});
afterEach(async () => {
  await dispatcher.destroy();
  server.closeAllConnections();
  server.close();
});

const ask = () => exchange(dispatcher, url, {}, new AbortController().signal);

/** Gives up so many answers, one after another, and returns how many connections that took. */
async function giveUp(count: number): Promise<number> {
  for (let done = 0; done < count; done++) {
    (await ask()).close();
    // What was given up has to arrive before the connection is free again.
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  return connections;
}

describe('an answer that nobody wants', () => {
  it('leaves its connection to the next request where its body is short', async () => {
    answer = (response) => response.end('{"url":"https://storage.example/"}');
    expect(await giveUp(3)).toBe(1);
  });

  it('does so where it has none, or does not say how long it is', async () => {
    answer = (response) => response.end();
    expect(await giveUp(3)).toBe(1);
    answer = (response) => {
      response.write('a chunk');
      response.end();
    };
    expect(await giveUp(3)).toBe(1);
  });

  it('is cut off where its body is long', async () => {
    answer = (response) => response.end(Buffer.alloc(1_000_000));
    expect(await giveUp(3)).toBeGreaterThanOrEqual(3);
  });

  it('is cut off where its body turns out to be long', async () => {
    answer = (response) => {
      response.write(Buffer.alloc(1_000_000));
      response.end();
    };
    expect(await giveUp(3)).toBeGreaterThanOrEqual(3);
  });

  it('is cut off in the middle of its body', async () => {
    answer = (response) => void response.write('the first chunk of');
    const response = await ask();
    const received = response.receive(() => {
      response.close();
      return undefined;
    });
    await expect(received).rejects.toThrow('not wanted');
  });

  it('keeps no request waiting whose body never comes', async () => {
    answer = (response) => {
      response.setHeader('content-length', '100');
      response.write('not all');
    };
    expect(await giveUp(2)).toBe(2);
  });
});
