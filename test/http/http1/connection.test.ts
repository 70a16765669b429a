import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { makeCertificate } from '../../harness/certificate.js';
import { type RawRequest, rawServer } from '../../harness/raw-server.js';
import {
  type Answer,
  hello,
  idle,
  makeContent,
  networkErrorOf,
  nextTurn,
  openClient,
  readSlowly,
  readText,
  send,
  startExchange,
  until,
} from './raw-exchange.js';

const certificate = makeCertificate();

const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);
it.runIf(hasIpv6)('connects to an IPv6 address', async () => {
  const { get, url, requests } = await startExchange(send(hello), { host: '::1' });
  expect(await readText(await get())).toBe('hello');
  expect(requests[0]?.head).toContain(`host: [::1]:${url.port}`);
});

describe('a timeout', () => {
  it.each<readonly [what: string, answer: Answer]>([
    ['before the head', () => {}],
    ['within the head', send('HTTP/1.1 200 OK\r\n')],
    ['within the body', send('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello')],
  ])('%s closes the connection', async (_what, answer) => {
    const { get, url, open } = await startExchange(answer, { timeoutMs: 40 });
    expect(await networkErrorOf(get().then(readText), url)).toMatchObject({ code: 'timeout' });
    await until(() => open.size === 0);
  });

  it('does not count while the body is not read', async () => {
    const { get } = await startExchange(send(hello), { timeoutMs: 150 });
    const response = await get();
    await idle(200);
    let body = '';
    await response.receive((chunk) => {
      body += Buffer.from(chunk).toString();
      return idle(200);
    });
    expect(body).toBe('hello');
  });

  it('counts again after a pending sink', async () => {
    const { get, url } = await startExchange(send('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello'), {
      timeoutMs: 30,
    });
    const response = await get();
    const received = response.receive(() => idle(100));
    expect(await networkErrorOf(received, url)).toMatchObject({ code: 'timeout' });
  });

  it('starts from zero after a pending sink', async () => {
    const { get } = await startExchange(
      ({ socket }) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello');
        setTimeout(() => socket.write('hello'), 280);
      },
      { timeoutMs: 200 },
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

describe('an untrusted server', () => {
  it('is refused before anything is sent', async () => {
    const { get, url, requests, open } = await startExchange(send(hello), { certificate });
    expect(await networkErrorOf(get(), url)).toMatchObject({
      code: 'untrusted',
      message: `The certificate of ${url.host} is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT).`,
    });
    expect(requests).toEqual([]);
    await until(() => open.size === 0);
  });

  it('without TLS breaks the connection', async () => {
    const server = await rawServer(() => {});
    const url = new URL(`https://127.0.0.1:${server.url.port}/`);
    const response = openClient(url).get();
    await until(() => server.open.size > 0);
    for (const socket of server.open) socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    expect(await networkErrorOf(response, url)).toMatchObject({ code: 'broken' });
  });
});

describe('a handshake', () => {
  /** Starts a server that accepts connections and sends nothing. */
  async function startSilentServer() {
    const server = createServer({ pauseOnConnect: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const sockets: { destroy(): void }[] = [];
    server.on('connection', (socket) => sockets.push(socket));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The server has no port.');
    return { url: new URL(`https://127.0.0.1:${address.port}/`), sockets };
  }

  it('times out', async () => {
    const { url } = await startSilentServer();
    expect(await networkErrorOf(openClient(url, 40).get(), url)).toMatchObject({ code: 'timeout' });
  });

  it('ends when the signal aborts', async () => {
    const { url, sockets } = await startSilentServer();
    const controller = new AbortController();
    const reason = new Error('aborted');
    const failed = expect(openClient(url).get({ signal: controller.signal })).rejects.toBe(reason);
    await until(() => sockets.length > 0);
    controller.abort(reason);
    await failed;
  });
});

describe('a trusted server', () => {
  beforeEach(() => {
    // A running process cannot be given another authority.
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  const LENGTH = 700_001;
  const content = makeContent(LENGTH);

  /** Returns a header, and the body as it is sent. */
  type Frame = (content: Buffer) => readonly [header: string, body: Buffer];
  const framings: readonly (readonly [how: string, frame: Frame])[] = [
    ['its length', (body) => [`content-length: ${body.length}`, body]],
    [
      'a last chunk',
      (body) => {
        const size = Buffer.from(`${body.length.toString(16)}\r\n`);
        return ['transfer-encoding: chunked', Buffer.concat([size, body, Buffer.from('\r\n0\r\n\r\n')])];
      },
    ],
    ['the connection', (body) => ['x: y', body]],
  ];

  describe.each(framings)('sends a body that ends with %s', (_how, frame) => {
    it.each([1_024, 10_000, 16_384, 65_536])('to a slow sink, %i bytes at a time', async (readSize) => {
      const [header, body] = frame(content);
      const answer = ({ socket }: RawRequest) => {
        socket.write(`HTTP/1.1 200 OK\r\n${header}\r\n\r\n`);
        socket.end(body);
      };
      const { get } = await startExchange(answer, { certificate });
      expect((await readSlowly(await get({ readSize }))).equals(content)).toBe(true);
    });

    it('before receive is called', async () => {
      const short = makeContent(3_000);
      const [header, body] = frame(short);
      const answer = ({ socket }: RawRequest) => {
        // The end of the connection is decrypted together with the head and the last byte.
        socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${header}\r\n\r\n`), body]));
      };
      const { get, open } = await startExchange(answer, { certificate });
      const response = await get();
      for (let waited = 0; waited < 20; waited++) await nextTurn();
      expect((await readSlowly(response)).equals(short)).toBe(true);
      await until(() => open.size === 0);
    });
  });

  it('serves several requests on one connection', async () => {
    const { get, requests } = await startExchange(send(hello), { certificate });
    for (let turn = 0; turn < 3; turn++) expect((await readSlowly(await get())).toString()).toBe('hello');
    expect(requests.map(({ connection }) => connection)).toEqual([0, 0, 0]);
  });

  it('may have a host name', async () => {
    const { get, url } = await startExchange(send(hello), { certificate, host: 'localhost' });
    expect(url.hostname).toBe('localhost');
    expect(await readText(await get())).toBe('hello');
  });

  it('delivers nothing after the signal has aborted, even if bytes are already decrypted', async () => {
    const answer = ({ socket }: RawRequest) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${LENGTH}\r\n\r\n`);
      socket.write(content);
    };
    const { get } = await startExchange(answer, { certificate });
    const controller = new AbortController();
    const response = await get({ signal: controller.signal });
    let chunks = 0;
    const received = response.receive(() => {
      chunks++;
      return nextTurn().then(nextTurn);
    });
    const failed = expect(received).rejects.toThrow('aborted');
    while (chunks < 3) await nextTurn();
    controller.abort(new Error('aborted'));
    await failed;
    const chunksAtEnd = chunks;
    for (let waited = 0; waited < 20; waited++) await nextTurn();
    expect(chunks).toBe(chunksAtEnd);
  });
});
