import { describe, expect, it } from 'vitest';
import type { RawRequest } from '../../harness/raw-server.js';
import {
  type Answer,
  hello,
  idle,
  makeContent,
  networkErrorOf,
  nextTurn,
  READ_SIZE,
  readSlowly,
  readText,
  send,
  sendAndEnd,
  startExchange,
  until,
} from './raw-exchange.js';

describe('a response', () => {
  it('has a status, headers and a body', async () => {
    const { get, url, requests } = await startExchange(
      send('HTTP/1.1 206 Partial\r\nContent-Length: 5\r\nx: 1\r\nX: 2\r\n\r\nhello'),
    );
    const response = await get({ headers: { range: 'bytes=0-4' } });
    expect([response.status, response.url]).toEqual([206, url]);
    expect([response.header('x'), response.header('y')]).toEqual(['1, 2', undefined]);
    expect(await readText(response)).toBe('hello');
    expect(requests[0]?.head).toBe(`GET /file?x=1 HTTP/1.1\r\nhost: ${url.host}\r\nrange: bytes=0-4`);
  });

  it.each<readonly [what: string, answer: Answer]>([
    [
      'after interim responses',
      send('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: x\r\n\r\n', hello),
    ],
    ['without a reason', send('HTTP/1.1 200\r\ncontent-length: 5\r\n\r\nhello')],
    [
      'in chunks',
      send(
        'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nz: 1\r\n\r\n',
      ),
    ],
    ['that ends with the connection', sendAndEnd('HTTP/1.1 200 OK\r\n\r\nhello')],
    ['of HTTP/1.0', sendAndEnd('HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello')],
    [
      'with a large head',
      send(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(60_000)}\r\ncontent-length: 5\r\n\r\nhello`),
    ],
  ])('is read %s', async (_what, answer) => {
    const { get } = await startExchange(answer);
    const response = await get();
    expect([response.status, await readText(response)]).toEqual([200, 'hello']);
  });

  it('is read byte by byte', async () => {
    const { get } = await startExchange(({ socket }) => {
      const sendFrom = (at: number) => {
        const byte = hello[at];
        if (byte !== undefined) socket.write(byte, () => setImmediate(sendFrom, at + 1));
      };
      sendFrom(0);
    });
    expect(await readText(await get())).toBe('hello');
  });

  it.each(['content-length: 0', 'transfer-encoding: chunked'])('may be empty with %s', async (header) => {
    const { get } = await startExchange(
      send(`HTTP/1.1 200 OK\r\n${header}\r\n\r\n${header.startsWith('t') ? '0\r\n\r\n' : ''}`),
    );
    expect(await readText(await get())).toBe('');
    expect(await readText(await get())).toBe('');
  });

  it.each<readonly [what: string, answer: Answer]>([
    ['is not HTTP', send('SSH-2.0-OpenSSH\r\n\r\n')],
    ['has a folded header', send('HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n')],
    ['has two lengths', send('HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello')],
    [
      'has a length and chunks',
      send('HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'),
    ],
    ['has an unknown coding', send('HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n')],
    ['switches protocols', send('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n')],
    ['has an endless head', send('HTTP/1.1 200 OK\r\n', `x: ${'y'.repeat(70_000)}`)],
    ['ends within its head', sendAndEnd('HTTP/1.1 200 OK\r\ncontent-le')],
    ['is empty', sendAndEnd('')],
  ])('that %s is refused as broken', async (_what, answer) => {
    const { get, url, open } = await startExchange(answer);
    expect(await networkErrorOf(get(), url)).toMatchObject({ code: 'broken' });
    await until(() => open.size === 0);
  });

  it.each<readonly [what: string, answer: Answer]>([
    ['is shorter than its length', sendAndEnd('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello')],
    ['is longer than its length', send('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nhello')],
    ['follows a 204', send('HTTP/1.1 204 No Content\r\n\r\nhello')],
    ['ends within a chunk', sendAndEnd('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\nhello')],
    [
      'ends between two chunks',
      sendAndEnd('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n'),
    ],
    ['has an invalid chunk', send('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nhello\r\n')],
    [
      'breaks',
      ({ socket }) =>
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello', () => socket.resetAndDestroy()),
    ],
  ])('with a body that %s is refused as broken', async (_what, answer) => {
    const { get, url, open } = await startExchange(answer);
    expect(await networkErrorOf(readText(await get()), url)).toMatchObject({ code: 'broken' });
    await until(() => open.size === 0);
  });
});

describe('a signal that aborts', () => {
  const reason = new Error('aborted');

  it.each<readonly [what: string, answer: Answer]>([
    ['before the head', () => {}],
    ['within the head', send('HTTP/1.1 200 OK\r\ncontent-')],
    ['between two heads', send('HTTP/1.1 100 Continue\r\n\r\n')],
  ])('%s ends the request and the connection', async (_what, answer) => {
    const { get, requests, open } = await startExchange(answer);
    const controller = new AbortController();
    const failed = expect(get({ signal: controller.signal })).rejects.toBe(reason);
    await until(() => requests.length === 1);
    controller.abort(reason);
    await failed;
    await until(() => open.size === 0);
  });

  it.each(['before receive', 'during receive', 'while the sink is pending'])(
    '%s ends the body and the connection',
    async (when) => {
      const { get, open } = await startExchange(send('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello'));
      const controller = new AbortController();
      const response = await get({ signal: controller.signal });
      if (when.startsWith('before')) controller.abort(reason);
      let chunks = 0;
      const failed = expect(
        response.receive(() => {
          chunks++;
          return when.endsWith('pending') ? idle(20) : undefined;
        }),
      ).rejects.toBe(reason);
      if (!when.startsWith('before')) await until(() => chunks > 0);
      controller.abort(reason);
      await failed;
      const chunksAtEnd = chunks;
      await until(() => open.size === 0);
      await idle(30);
      expect(chunks).toBe(chunksAtEnd);
    },
  );
});

describe('a sink', () => {
  const LENGTH = 300_000;
  const content = makeContent(LENGTH);
  const sendContent = ({ socket }: RawRequest) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${LENGTH}\r\n\r\n`);
    socket.write(content);
  };

  it('that is slow receives all bytes, one chunk after another', async () => {
    const { get } = await startExchange(sendContent);
    const received = await readSlowly(await get({ readSize: 16_384 }));
    expect(received.equals(content)).toBe(true);
  });

  it('that is pending stops the server from sending', async () => {
    const block = Buffer.alloc(1024 * 1024);
    let blocksSent = 0;
    const { get } = await startExchange(({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${1_000 * block.length}\r\n\r\n`);
      const sendBlock = () => {
        socket.write(block, (error) => {
          if (error) return;
          blocksSent++;
          sendBlock();
        });
      };
      sendBlock();
    });
    const controller = new AbortController();
    const response = await get({ signal: controller.signal });
    const failed = expect(response.receive(() => idle(200))).rejects.toThrow();
    await idle(150);
    expect(blocksSent).toBeLessThan(50);
    controller.abort();
    await failed;
  });

  it.each<readonly [how: string, fail: (error: Error) => Promise<void> | undefined]>([
    [
      'throws',
      (error) => {
        throw error;
      },
    ],
    ['rejects', (error) => idle(1).then(() => Promise.reject(error))],
  ])('that %s ends the body with its error', async (_how, fail) => {
    const { get, open } = await startExchange(sendContent);
    const error = new Error('The disk is full.');
    let chunks = 0;
    const received = (await get()).receive(() => (++chunks === 2 ? fail(error) : undefined));
    await expect(received).rejects.toBe(error);
    await until(() => open.size === 0);
    expect(chunks).toBe(2);
  });

  it.each(['content-length: 8', 'transfer-encoding: chunked'])(
    'receives nothing after the response was closed, with %s',
    async (header) => {
      const isChunked = header.startsWith('t');
      const body = isChunked ? '4\r\nhell\r\n4\r\nabcd\r\n0\r\n\r\n' : 'hellabcd';
      const { get } = await startExchange(send(`HTTP/1.1 200 OK\r\n${header}\r\n\r\n`, body));
      const response = await get({ readSize: isChunked ? READ_SIZE : 64 });
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

  it('receives bytes that are not overwritten while it is pending', async () => {
    const chunked = `${[...content.toString('latin1').matchAll(/[\s\S]{1,50}/g)]
      .map(([part]) => `${part.length.toString(16)}\r\n${part}\r\n`)
      .join('')}0\r\n\r\n`;
    const { get } = await startExchange(
      send('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', chunked),
    );
    const chunks: Buffer[] = [];
    await (await get({ readSize: 16_384 })).receive((chunk) => {
      chunks.push(Buffer.from(chunk));
      return chunks.length % 50 === 0 ? nextTurn() : undefined;
    });
    expect(Buffer.concat(chunks).equals(content)).toBe(true);
  });
});
