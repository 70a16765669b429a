import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDispatcher, exchange } from '../../src/http/undici.js';

let server: Server;
let url: URL;
let connections: number;
let sendBody: (response: ServerResponse) => void;
let dispatcher: Awaited<ReturnType<typeof createDispatcher>>;

beforeEach(async () => {
  connections = 0;
  server = createServer((_request, response) => {
    response.statusCode = 307;
    sendBody(response);
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

const get = () => exchange(dispatcher, url, {}, new AbortController().signal);

/** Discards responses, one after another, and returns the number of connections that were opened. */
async function discard(count: number): Promise<number> {
  for (let done = 0; done < count; done++) {
    (await get()).close();
    // The body must arrive before the connection is free again.
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  return connections;
}

describe('a discarded response', () => {
  it('with a short body leaves its connection to the next request', async () => {
    sendBody = (response) => response.end('{"url":"https://storage.example/"}');
    expect(await discard(3)).toBe(1);
  });

  it('without a body or a length leaves its connection to the next request', async () => {
    sendBody = (response) => response.end();
    expect(await discard(3)).toBe(1);
    sendBody = (response) => {
      response.write('a chunk');
      response.end();
    };
    expect(await discard(3)).toBe(1);
  });

  it('with a long body closes its connection', async () => {
    sendBody = (response) => response.end(Buffer.alloc(1_000_000));
    expect(await discard(3)).toBeGreaterThanOrEqual(3);
  });

  it('with a long body of unknown length closes its connection', async () => {
    sendBody = (response) => {
      response.write(Buffer.alloc(1_000_000));
      response.end();
    };
    expect(await discard(3)).toBeGreaterThanOrEqual(3);
  });

  it('closes its connection within its body', async () => {
    sendBody = (response) => void response.write('the first chunk of');
    const response = await get();
    const received = response.receive(() => {
      response.close();
      return undefined;
    });
    await expect(received).rejects.toThrow('The response was closed before its end.');
  });

  it('with a body that never arrives does not delay the next request', async () => {
    sendBody = (response) => {
      response.setHeader('content-length', '100');
      response.write('not all');
    };
    expect(await discard(2)).toBe(2);
  });
});

describe('the agent of undici', () => {
  it('is that of the private path, which loads in less time than the package', async () => {
    const path = 'undici/lib/dispatcher/agent.js';
    const { default: agent } = await import(path);
    expect(agent).toBe((await import('undici')).Agent);
    expect(readFileSync('src/http/undici.ts', 'utf8')).toContain(path);
  });
});
