import { networkInterfaces } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toNetworkError } from '../../../src/http/errors.js';
import { createHttp1Client } from '../../../src/http/http1/client.js';
import type { RawResponse } from '../../../src/http/undici.js';
import { type RawRequest, type RawServerOptions, rawServer } from '../../harness/raw-server.js';

const READ_SIZE = 1_024;
/** Milliseconds; long, where the test is not about it. */
const PATIENCE = 10_000;
const idle = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await idle(1);
}

/** A wire, and a server that answers in any way. */
async function lineTo(
  answer: (request: RawRequest) => void,
  { timeout = PATIENCE, ...options }: RawServerOptions & { timeout?: number } = {},
) {
  const server = await rawServer(answer, options);
  const wire = createHttp1Client({ timeoutMs: timeout });
  onTestFinished(() => wire.close());
  const get = (
    headers: Record<string, string> = {},
    signal = new AbortController().signal,
    readSize = READ_SIZE,
  ) => wire.exchange(server.url, headers, { signal, readSize });
  return { ...server, wire, get };
}

async function bodyOf(response: RawResponse): Promise<string> {
  const chunks: Buffer[] = [];
  await response.receive((chunk) => {
    chunks.push(Buffer.from(chunk));
    return undefined;
  });
  return Buffer.concat(chunks).toString('latin1');
}

const say =
  (...texts: readonly string[]) =>
  ({ socket }: RawRequest) => {
    for (const text of texts) socket.write(text, 'latin1');
  };
const sayAndEnd =
  (text: string) =>
  ({ socket }: RawRequest) => {
    socket.end(text, 'latin1');
  };
const hello = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello';

describe('an answer', () => {
  it('has a status, headers and a body', async () => {
    const { get, url, requests } = await lineTo(
      say('HTTP/1.1 206 Partial\r\nContent-Length: 5\r\nx: 1\r\nX: 2\r\n\r\nhello'),
    );
    const response = await get({ range: 'bytes=0-4' });
    expect([response.status, response.url]).toEqual([206, url]);
    expect([response.header('x'), response.header('y')]).toEqual(['1, 2', undefined]);
    expect(await bodyOf(response)).toBe('hello');
    expect(requests[0]?.head).toBe(`GET /file?x=1 HTTP/1.1\r\nhost: ${url.host}\r\nrange: bytes=0-4`);
  });

  it.each<readonly [what: string, answer: (request: RawRequest) => void]>([
    [
      'after others that were only to keep us waiting',
      say('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: x\r\n\r\n', hello),
    ],
    ['without a reason', say('HTTP/1.1 200\r\ncontent-length: 5\r\n\r\nhello')],
    [
      'in chunks',
      say(
        'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nz: 1\r\n\r\n',
      ),
    ],
    ['that ends with the connection', sayAndEnd('HTTP/1.1 200 OK\r\n\r\nhello')],
    ['of an old server', sayAndEnd('HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello')],
    [
      'with a large head',
      say(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(60_000)}\r\ncontent-length: 5\r\n\r\nhello`),
    ],
  ])('is understood %s', async (_what, answer) => {
    const { get } = await lineTo(answer);
    const response = await get();
    expect([response.status, await bodyOf(response)]).toEqual([200, 'hello']);
  });

  it('is understood however its bytes come', async () => {
    const { get } = await lineTo(({ socket }) => {
      const send = (at: number) => {
        const byte = hello[at];
        if (byte !== undefined) socket.write(byte, () => setImmediate(send, at + 1));
      };
      send(0);
    });
    expect(await bodyOf(await get())).toBe('hello');
  });

  it.each(['content-length: 0', 'transfer-encoding: chunked'])('may have no body with %s', async (header) => {
    const { get } = await lineTo(
      say(`HTTP/1.1 200 OK\r\n${header}\r\n\r\n${header.startsWith('t') ? '0\r\n\r\n' : ''}`),
    );
    expect(await bodyOf(await get())).toBe('');
    expect(await bodyOf(await get())).toBe('');
  });

  it.each<readonly [what: string, answer: (request: RawRequest) => void]>([
    ['is no HTTP', say('SSH-2.0-OpenSSH\r\n\r\n')],
    ['has a folded header', say('HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n')],
    ['has two lengths', say('HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello')],
    [
      'has a length and chunks',
      say('HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'),
    ],
    ['has an unknown coding', say('HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n')],
    ['wants another protocol', say('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n')],
    ['has a head without end', say('HTTP/1.1 200 OK\r\n', `x: ${'y'.repeat(70_000)}`)],
    ['ends before its head does', sayAndEnd('HTTP/1.1 200 OK\r\ncontent-le')],
    ['never begins', sayAndEnd('')],
  ])('that %s is refused as a broken one', async (_what, answer) => {
    const { get, url, open } = await lineTo(answer);
    const error = await get().catch((reason: unknown) => reason);
    expect(toNetworkError(error, url, new AbortController().signal)).toMatchObject({ code: 'broken' });
    await until(() => open.size === 0);
  });

  it.each<readonly [what: string, answer: (request: RawRequest) => void]>([
    ['is shorter than it says', sayAndEnd('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello')],
    ['is longer than it says', say('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nhello')],
    ['comes where there should be none', say('HTTP/1.1 204 No Content\r\n\r\nhello')],
    ['ends within a chunk', sayAndEnd('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\nhello')],
    [
      'ends between two chunks',
      sayAndEnd('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n'),
    ],
    [
      'has a chunk that makes no sense',
      say('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nhello\r\n'),
    ],
    [
      'breaks',
      ({ socket }) =>
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello', () => socket.resetAndDestroy()),
    ],
  ])('with a body that %s is refused as a broken one', async (_what, answer) => {
    const { get, url, open } = await lineTo(answer);
    const error = await bodyOf(await get()).catch((reason: unknown) => reason);
    expect(toNetworkError(error, url, new AbortController().signal)).toMatchObject({ code: 'broken' });
    await until(() => open.size === 0);
  });

  it('is not asked for with a header that would be another one', async () => {
    const { get, requests } = await lineTo(say(hello));
    await expect(get({ 'if-range': '"a"\r\nauthorization: x' })).rejects.toBeInstanceOf(TypeError);
    expect(requests).toEqual([]);
  });

  it('of nobody is an error', async () => {
    const { wire, url, open } = await lineTo(({ socket }) => socket.destroy());
    await until(() => open.size === 0);
    const nobody = new URL('http://127.0.0.1:1/');
    const error = await wire
      .exchange(nobody, {}, { signal: new AbortController().signal, readSize: READ_SIZE })
      .catch((reason: unknown) => reason);
    expect(toNetworkError(error, url, new AbortController().signal)).toMatchObject({ code: 'unreachable' });
  });

  const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
    all?.some(({ address }) => address === '::1'),
  );
  it.runIf(hasIpv6)('comes from an address of version 6, too', async () => {
    const { get, url, requests } = await lineTo(say(hello), { host: '::1' });
    expect(await bodyOf(await get())).toBe('hello');
    expect(requests[0]?.head).toContain(`host: [::1]:${url.port}`);
  });
});

describe('a connection', () => {
  it('is used again', async () => {
    const { get, requests } = await lineTo(say(hello));
    for (let turn = 0; turn < 3; turn++) expect(await bodyOf(await get())).toBe('hello');
    expect(requests.map(({ connection, turn }) => [connection, turn])).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
    ]);
  });

  it('is used by one at a time', async () => {
    const { get, requests } = await lineTo(say(hello));
    const [first, second] = await Promise.all([get(), get()]);
    expect([await bodyOf(first), await bodyOf(second)]).toEqual(['hello', 'hello']);
    await Promise.all([get().then(bodyOf), get().then(bodyOf)]);
    expect(requests.map(({ connection }) => connection).sort()).toEqual([0, 0, 1, 1]);
  });

  it.each<readonly [what: string, answer: (request: RawRequest) => void]>([
    ['the server closes', say('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello')],
    ['an old server may close', say('HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello')],
    ['ended the body', sayAndEnd('HTTP/1.1 200 OK\r\n\r\nhello')],
  ])('is not used again when %s', async (_what, answer) => {
    const { get, requests, open } = await lineTo(answer);
    expect(await bodyOf(await get())).toBe('hello');
    expect(await bodyOf(await get())).toBe('hello');
    expect(requests.map(({ connection }) => connection)).toEqual([0, 1]);
    await until(() => open.size === 0);
  });

  it('is not used again, but closed, when the body was given up', async () => {
    const { get, requests, open } = await lineTo(say('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello'));
    const response = await get();
    response.close();
    await expect(bodyOf(response)).rejects.toThrow('The response was closed before its end.');
    await until(() => open.size === 0);
    (await get()).close();
    expect(requests.map(({ connection }) => connection)).toEqual([0, 1]);
  });

  it('is not used for another way of reading', async () => {
    const { get, requests } = await lineTo(say(hello));
    await bodyOf(await get());
    await bodyOf(await get({}, undefined, 2 * READ_SIZE));
    expect(requests.map(({ connection }) => connection)).toEqual([0, 1]);
  });

  it('that the server has closed in the meantime is not used again', async () => {
    const { get, requests, open } = await lineTo(say(hello));
    await bodyOf(await get());
    for (const socket of open) socket.end();
    await until(() => open.size === 0);
    expect(await bodyOf(await get())).toBe('hello');
    expect(requests.map(({ connection }) => connection)).toEqual([0, 1]);
  });

  it.each<readonly [what: string, close: (request: RawRequest) => unknown]>([
    ['closes', ({ socket }) => socket.end()],
    ['breaks', ({ socket }) => socket.resetAndDestroy()],
  ])('that the server %s just when it is used again is replaced by a new one', async (_what, close) => {
    const { get, requests } = await lineTo((request) =>
      request.turn === 0 ? say(hello)(request) : close(request),
    );
    expect(await bodyOf(await get())).toBe('hello');
    expect(await bodyOf(await get())).toBe('hello');
    expect(requests.map(({ connection, turn }) => [connection, turn])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
    ]);
  });

  it('on which something comes unasked is not used again', async () => {
    const { get, requests, open } = await lineTo(say(hello));
    await bodyOf(await get());
    for (const socket of open) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil');
    await until(() => open.size === 0);
    expect(await bodyOf(await get())).toBe('hello');
    expect(requests.map(({ connection }) => connection)).toEqual([0, 1]);
  });

  it('is closed with all others', async () => {
    const { get, wire, open } = await lineTo(say(hello));
    await Promise.all([get().then(bodyOf), get().then(bodyOf)]);
    expect(open.size).toBe(2);
    wire.close();
    await until(() => open.size === 0);
  });
});

describe('a signal that aborts', () => {
  const reason = new Error('interrupted');

  it('before the request keeps it from being sent', async () => {
    const { get, requests } = await lineTo(say(hello));
    await expect(get({}, AbortSignal.abort(reason))).rejects.toBe(reason);
    await bodyOf(await get());
    await expect(get({}, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(requests).toHaveLength(1);
  });

  it.each<readonly [what: string, answer: (request: RawRequest) => void]>([
    ['before the head', () => {}],
    ['within the head', say('HTTP/1.1 200 OK\r\ncontent-')],
    ['between two heads', say('HTTP/1.1 100 Continue\r\n\r\n')],
  ])('%s ends the request and the connection', async (_what, answer) => {
    const { get, requests, open } = await lineTo(answer);
    const controller = new AbortController();
    const asked = expect(get({}, controller.signal)).rejects.toBe(reason);
    await until(() => requests.length === 1);
    controller.abort(reason);
    await asked;
    await until(() => open.size === 0);
  });

  it.each(['before anybody takes it', 'while it is taken', 'while somebody is slow to take it'])(
    'within the body, %s, ends it and the connection',
    async (when) => {
      const { get, open } = await lineTo(say('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello'));
      const controller = new AbortController();
      const response = await get({}, controller.signal);
      if (when.startsWith('before')) controller.abort(reason);
      let chunks = 0;
      const received = expect(
        response.receive(() => {
          chunks++;
          return when.endsWith('slow to take it') ? idle(20) : undefined;
        }),
      ).rejects.toBe(reason);
      if (!when.startsWith('before')) await until(() => chunks > 0);
      controller.abort(reason);
      await received;
      const before = chunks;
      await until(() => open.size === 0);
      await idle(30);
      expect(chunks).toBe(before);
    },
  );

  it('after the body changes nothing any more', async () => {
    const { get, requests } = await lineTo(say(hello));
    const controller = new AbortController();
    await bodyOf(await get({}, controller.signal));
    controller.abort(reason);
    await bodyOf(await get());
    expect(requests.map(({ connection }) => connection)).toEqual([0, 0]);
  });
});

describe('a server from which nothing comes any more', () => {
  it.each<readonly [what: string, answer: (request: RawRequest) => void]>([
    ['before the head', () => {}],
    ['within the head', say('HTTP/1.1 200 OK\r\n')],
    ['within the body', say('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello')],
  ])('%s is given up', async (_what, answer) => {
    const { get, url, open } = await lineTo(answer, { timeout: 40 });
    const error = await get()
      .then(bodyOf)
      .catch((reason: unknown) => reason);
    expect(toNetworkError(error, url, new AbortController().signal)).toMatchObject({ code: 'timeout' });
    await until(() => open.size === 0);
  });

  it('is not given up while nobody reads', async () => {
    const { get } = await lineTo(say(hello), { timeout: 150 });
    const response = await get();
    await idle(200);
    let body = '';
    await response.receive((chunk) => {
      body += Buffer.from(chunk).toString();
      return idle(200);
    });
    expect(body).toBe('hello');
  });

  it('is given up even after nobody has read for a while', async () => {
    const { get, url } = await lineTo(say('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello'), {
      timeout: 30,
    });
    const response = await get();
    const error = await response.receive(() => idle(100)).catch((reason: unknown) => reason);
    expect(toNetworkError(error, url, new AbortController().signal)).toMatchObject({ code: 'timeout' });
  });

  it('has the whole time again when reading goes on', async () => {
    const { get } = await lineTo(
      ({ socket }) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello');
        setTimeout(() => socket.write('hello'), 280);
      },
      { timeout: 200 },
    );
    const response = await get();
    let isFirst = true;
    await response.receive(() => {
      if (!isFirst) return undefined;
      isFirst = false;
      return idle(180);
    });
  });
});

describe('a sink', () => {
  const LENGTH = 300_000;
  const content = Buffer.from(Uint8Array.from({ length: LENGTH }, (_, at) => (at * 7 + (at >> 8)) % 256));
  const head = `HTTP/1.1 200 OK\r\ncontent-length: ${LENGTH}\r\n\r\n`;
  const sendAll = ({ socket }: RawRequest) => {
    socket.write(head);
    socket.write(content);
  };

  it('that is slow is given all bytes, one chunk after another', async () => {
    const { get } = await lineTo(sendAll);
    const chunks: Buffer[] = [];
    let isTaking = false;
    await (await get({}, undefined, 16_384)).receive((chunk) => {
      expect(isTaking).toBe(false);
      chunks.push(Buffer.from(chunk));
      if (chunks.length % 3 === 0) return undefined;
      isTaking = true;
      return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
        isTaking = false;
      });
    });
    expect(Buffer.concat(chunks).equals(content)).toBe(true);
  });

  it('that does not take anything keeps the server from sending', async () => {
    const block = Buffer.alloc(1024 * 1024);
    let sent = 0;
    const { get } = await lineTo(({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${1_000 * block.length}\r\n\r\n`);
      const send = () => {
        socket.write(block, (error) => {
          if (error) return;
          sent++;
          send();
        });
      };
      send();
    });
    const controller = new AbortController();
    const response = await get({}, controller.signal);
    const received = expect(response.receive(() => idle(200))).rejects.toThrow();
    await idle(150);
    expect(sent).toBeLessThan(50);
    controller.abort();
    await received;
  });

  it.each<readonly [how: string, fail: (error: Error) => Promise<void> | undefined]>([
    [
      'at once',
      (error) => {
        throw error;
      },
    ],
    ['later', (error) => idle(1).then(() => Promise.reject(error))],
  ])('that fails %s ends the body with what it failed with', async (_how, fail) => {
    const { get, open } = await lineTo(sendAll);
    const error = new Error('The disk is full.');
    let chunks = 0;
    const received = (await get()).receive(() => (++chunks === 2 ? fail(error) : undefined));
    await expect(received).rejects.toBe(error);
    await until(() => open.size === 0);
    expect(chunks).toBe(2);
  });

  it.each(['content-length: 8', 'transfer-encoding: chunked'])(
    'that gives up within the body, with %s, is given nothing more',
    async (header) => {
      const body = header.startsWith('t') ? '4\r\nhell\r\n4\r\nabcd\r\n0\r\n\r\n' : 'hellabcd';
      const { get } = await lineTo(say(`HTTP/1.1 200 OK\r\n${header}\r\n\r\n`, body));
      const response = await get({}, undefined, header.startsWith('t') ? READ_SIZE : 64);
      let chunks = 0;
      const received = response.receive(() => {
        chunks++;
        response.close();
        return undefined;
      });
      await expect(received).rejects.toThrow('The response was closed before its end.');
      expect(chunks).toBe(1);
    },
  );

  it('is given bytes that nobody writes over before it has taken them', async () => {
    const chunked = `${[...content.toString('latin1').matchAll(/[\s\S]{1,50}/g)]
      .map(([piece]) => `${piece.length.toString(16)}\r\n${piece}\r\n`)
      .join('')}0\r\n\r\n`;
    const { get } = await lineTo(say('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', chunked));
    const chunks: Buffer[] = [];
    await (await get({}, undefined, 16_384)).receive((chunk) => {
      chunks.push(Buffer.from(chunk));
      return chunks.length % 50 === 0 ? new Promise<void>((resolve) => setImmediate(resolve)) : undefined;
    });
    expect(Buffer.concat(chunks).equals(content)).toBe(true);
  });
});
