import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { toNetworkError } from '../../../src/http/errors.js';
import { createHttp1Client } from '../../../src/http/http1/client.js';
import { makeCertificate } from '../../harness/certificate.js';
import { type RawRequest, rawServer } from '../../harness/raw-server.js';

const certificate = makeCertificate();
const { signal } = new AbortController();
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

async function secureLineTo(answer: (request: RawRequest) => void, host?: string) {
  const server = await rawServer(answer, { certificate, ...(host && { host }) });
  const wire = createHttp1Client({ timeoutMs: 10_000 });
  onTestFinished(() => wire.close());
  const get = (readSize = 65_536, given = signal) =>
    wire.exchange(server.url, {}, { signal: given, readSize });
  return { ...server, get };
}

async function failureOf(promise: Promise<unknown>, url: URL): Promise<unknown> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return toNetworkError(error, url, signal);
}

const hello = ({ socket }: RawRequest) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello');

describe('a server that can not prove who it is', () => {
  it('is refused before anything is sent', async () => {
    const { get, url, requests, open } = await secureLineTo(hello);
    const error = await failureOf(get(), url);
    expect(error).toMatchObject({
      code: 'untrusted',
      message: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED'),
    });
    expect(requests).toEqual([]);
    while (open.size > 0) await turn();
  });

  it('since it speaks no TLS is one to which the connection broke', async () => {
    const server = await rawServer(() => {});
    const url = new URL(`https://127.0.0.1:${server.url.port}/`);
    const asked = createHttp1Client({ timeoutMs: 10_000 }).exchange(url, {}, { signal, readSize: 1_024 });
    while (server.open.size === 0) await turn();
    for (const socket of server.open) socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    expect(await failureOf(asked, url)).toMatchObject({ code: 'broken' });
  });
});

describe('a handshake', () => {
  /** Takes connections, and says nothing. */
  async function silentServer() {
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

  it('that takes too long is given up', async () => {
    const { url } = await silentServer();
    const asked = createHttp1Client({ timeoutMs: 40 }).exchange(url, {}, { signal, readSize: 1_024 });
    expect(await failureOf(asked, url)).toMatchObject({ code: 'timeout' });
  });

  it('ends when the signal aborts', async () => {
    const { url, sockets } = await silentServer();
    const controller = new AbortController();
    const reason = new Error('interrupted');
    const asked = createHttp1Client({ timeoutMs: 10_000 }).exchange(
      url,
      {},
      { signal: controller.signal, readSize: 1_024 },
    );
    const refused = expect(asked).rejects.toBe(reason);
    while (sockets.length === 0) await turn();
    controller.abort(reason);
    await refused;
  });
});

describe('a server that is trusted', () => {
  beforeEach(() => {
    // Only a process that has not begun yet can be given another authority.
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  const LENGTH = 700_001;
  const bytes = (length: number) =>
    Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) % 256));
  const content = bytes(LENGTH);

  /** Headers, and the body as it goes over the line. */
  const framings: readonly (readonly [how: string, frame: (content: Buffer) => readonly [string, Buffer]])[] =
    [
      ['by its length', (body) => [`content-length: ${body.length}`, body]],
      [
        'by chunks',
        (body) => {
          const size = Buffer.from(`${body.length.toString(16)}\r\n`);
          return ['transfer-encoding: chunked', Buffer.concat([size, body, Buffer.from('\r\n0\r\n\r\n')])];
        },
      ],
      ['by the connection', (body) => ['x: y', body]],
    ];

  /** Takes some chunks at once and lets the others wait. */
  async function slowlyTaken(response: {
    receive: (sink: (chunk: Uint8Array) => Promise<void> | undefined) => Promise<void>;
  }) {
    const chunks: Buffer[] = [];
    let isTaking = false;
    await response.receive((chunk) => {
      expect(isTaking).toBe(false);
      chunks.push(Buffer.from(chunk));
      if (chunks.length % 3 === 0) return undefined;
      isTaking = true;
      const turns = chunks.length % 2 === 0 ? turn() : turn().then(turn);
      return turns.then(() => {
        isTaking = false;
      });
    });
    return Buffer.concat(chunks);
  }

  describe.each(framings)('sends a body that ends %s', (_how, frame) => {
    it.each([1_024, 10_000, 16_384, 65_536])(
      'to somebody slow who reads %i bytes at a time',
      async (readSize) => {
        const [header, body] = frame(content);
        const { get } = await secureLineTo(({ socket }) => {
          socket.write(`HTTP/1.1 200 OK\r\n${header}\r\n\r\n`);
          socket.end(body);
        });
        const received = await slowlyTaken(await get(readSize));
        expect(received.equals(content)).toBe(true);
      },
    );

    it('before anybody takes it', async () => {
      const short = bytes(3_000);
      const [header, body] = frame(short);
      const { get, open } = await secureLineTo(({ socket }) => {
        // The end of the connection is decrypted together with the head and the last byte.
        socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${header}\r\n\r\n`), body]));
      });
      const response = await get(1_024);
      for (let waited = 0; waited < 20; waited++) await turn();
      expect((await slowlyTaken(response)).equals(short)).toBe(true);
      while (open.size > 0) await turn();
    });
  });

  it('is asked again over the same connection', async () => {
    const { get, requests } = await secureLineTo(hello);
    for (let turns = 0; turns < 3; turns++)
      expect((await slowlyTaken(await get(1_024))).toString()).toBe('hello');
    expect(requests.map(({ connection }) => connection)).toEqual([0, 0, 0]);
  });

  it('is told by its name', async () => {
    const { get, url } = await secureLineTo(hello, 'localhost');
    expect(url.hostname).toBe('localhost');
    expect((await slowlyTaken(await get())).toString()).toBe('hello');
  });

  it('gives nothing more when the signal has aborted, though more has come', async () => {
    const { get } = await secureLineTo(({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${LENGTH}\r\n\r\n`);
      socket.write(content);
    });
    const controller = new AbortController();
    const response = await get(1_024, controller.signal);
    let chunks = 0;
    const received = response.receive(() => {
      chunks++;
      return turn().then(turn);
    });
    const failed = expect(received).rejects.toThrow('interrupted');
    while (chunks < 3) await turn();
    controller.abort(new Error('interrupted'));
    await failed;
    const before = chunks;
    for (let waited = 0; waited < 20; waited++) await turn();
    expect(chunks).toBe(before);
  });
});
