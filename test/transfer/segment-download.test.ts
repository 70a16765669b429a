import { describe, expect, it } from 'vitest';
import { BufferPool } from '../../src/disk/write-buffer.js';
import { NetworkError } from '../../src/errors.js';
import type { Http, HttpResponse } from '../../src/http/client.js';
import type { ChunkSink } from '../../src/http/undici.js';
import type { BodyRange } from '../../src/transfer/response.js';
import { SegmentDownload, type SegmentDownloadOptions } from '../../src/transfer/segment-download.js';
import type { Segment } from '../../src/transfer/segments.js';

const url = new URL('https://storage.example/file?sig=s3cret');
const validator = { origin: url.origin, entityTag: '"abc"' };
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** The server's side of one response. */
class Answer {
  request: Parameters<Http['get']>[1] | undefined;
  isClosed = false;
  #sink: ChunkSink = () => undefined;
  #end: () => void = () => {};
  #fail: (error: unknown) => void = () => {};

  readonly http = {
    getFollowing: async (_url: URL, request: Parameters<Http['get']>[1]): Promise<HttpResponse> => {
      this.request = request;
      request.signal.throwIfAborted();
      request.signal.addEventListener('abort', () => this.#fail(request.signal.reason), { once: true });
      return {
        url,
        status: 206,
        header: () => undefined,
        retryAfterMs: undefined,
        receive: (sink) => {
          this.#sink = sink;
          return new Promise((resolve, reject) => {
            this.#end = resolve;
            this.#fail = reject;
          });
        },
        close: () => {
          this.isClosed = true;
          this.#fail(new Error('The response is not wanted.'));
        },
      };
    },
  } as unknown as Http;

  /** Sends bytes from memory that is reused afterwards, and waits as the sink requests. */
  async send(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    const pending = this.#sink(bytes);
    bytes.fill('?');
    await pending;
  }

  async end(): Promise<void> {
    this.#end();
    await turn();
  }

  async fail(error: Error): Promise<void> {
    this.#fail(error);
    await turn();
  }
}

interface Given extends Partial<SegmentDownloadOptions> {
  readonly start?: number;
  readonly end?: number;
  readonly body?: Partial<BodyRange>;
  readonly size?: number | 'unknown';
}

/** A download of bytes 10 to 20 of 30 by default. */
async function started({ start = 10, end = 20, size = 30, body = {}, ...given }: Given = {}) {
  const total = size === 'unknown' ? undefined : size;
  const answer = new Answer();
  const segment: Segment = {
    start,
    position: start,
    end,
    speed: 0,
    isStalled: false,
    isMeasured: false,
    isTakeover: false,
    preempted: new AbortController(),
  };
  const file = Buffer.alloc(40, '.');
  let now = 0;
  const download = new SegmentDownload(segment, url, {
    name: 'a.ckpt',
    http: answer.http,
    signal: new AbortController().signal,
    monotonic: () => now,
    validator: undefined,
    total: () => total,
    accept: () => ({ start, end: total, total, ...body }),
    write: async (block, position) => {
      block.copy(file, position);
    },
    onBytes: () => undefined,
    extend: () => false,
    buffers: new BufferPool(1024),
    readSize: 1024,
    minRate: 1_000,
    ...given,
  });
  const outcome = download.run().then(
    () => 'whole' as const,
    (error: unknown) => error,
  );
  await turn();
  return {
    answer,
    segment,
    download,
    outcome,
    written: () => file.toString(),
    wait: (ms: number) => {
      now += ms;
      download.tick();
    },
  };
}

describe('a segment download', () => {
  it.each<readonly [name: string, given: Given, headers: Record<string, string>]>([
    ['a range', {}, { range: 'bytes=10-19' }],
    ['the rest', { end: 30 }, { range: 'bytes=10-' }],
    [
      'the rest of a file of unknown size',
      { end: Number.POSITIVE_INFINITY, size: 'unknown' },
      { range: 'bytes=10-' },
    ],
    ['the whole file', { start: 0, end: 30 }, {}],
    ['a range of the same state', { validator }, { range: 'bytes=10-19', 'if-range': '"abc"' }],
  ])('requests %s', async (_name, given, headers) => {
    const { answer } = await started(given);
    expect(answer.request?.headers).toEqual(headers);
  });

  it('writes bytes in place and closes the connection at the end of the segment', async () => {
    const { answer, outcome, written, segment, download } = await started();
    await answer.send('abcd');
    expect([segment.position, download.received]).toEqual([14, 4]);
    await answer.send('efghijkl');
    expect(await outcome).toBe('whole');
    expect(written()).toBe(`${'.'.repeat(10)}abcdefghij${'.'.repeat(20)}`);
    expect([segment.position, download.received, answer.isClosed]).toEqual([20, 10, true]);
  });

  it('ignores bytes after the end of the segment', async () => {
    let isFree = false;
    const { answer, outcome, segment, written } = await started({
      extend: (asked) => {
        if (isFree) asked.end += 5;
        return isFree;
      },
    });
    await answer.send('abcdefghij');
    isFree = true;
    await answer.send('klmno');
    expect(await outcome).toBe('whole');
    expect([segment.position, segment.end]).toEqual([20, 20]);
    expect(written()).toBe(`${'.'.repeat(10)}abcdefghij${'.'.repeat(20)}`);
  });

  it('leaves a response open that ends with the segment', async () => {
    const { answer, outcome } = await started({ body: { end: 20 } });
    await answer.send('abcdefghij');
    expect(answer.isClosed).toBe(false);
    await answer.end();
    expect(await outcome).toBe('whole');
  });

  it('continues with the same response while the next bytes are unassigned', async () => {
    let asked = 0;
    const { answer, outcome, written } = await started({
      size: 40,
      extend: (segment) => {
        segment.end += asked++ < 2 ? 5 : 0;
        return asked <= 2;
      },
    });
    await answer.send('abcdefghij');
    await answer.send('klmnopqrstuvwxyz');
    expect(await outcome).toBe('whole');
    expect(written()).toBe(`${'.'.repeat(10)}abcdefghijklmnopqrst${'.'.repeat(10)}`);
    expect(answer.isClosed).toBe(true);
  });

  it('stops earlier after a part of the segment was taken', async () => {
    const { answer, segment, outcome, written } = await started();
    await answer.send('abcd');
    segment.end = 15;
    await answer.send('efgh');
    expect(await outcome).toBe('whole');
    expect(written()).toBe(`${'.'.repeat(10)}abcde${'.'.repeat(25)}`);
  });

  it('ends when the rest of the segment was taken', async () => {
    const { answer, segment, outcome, written } = await started();
    await answer.send('abcd');
    segment.end = segment.position;
    segment.preempted.abort(new Error('preempted'));
    expect(await outcome).toMatchObject({ message: 'preempted' });
    expect(written()).toBe(`${'.'.repeat(10)}abcd${'.'.repeat(26)}`);
  });

  it('takes the end of the response for the end of a file of unknown size', async () => {
    const { answer, segment, outcome } = await started({
      end: Number.POSITIVE_INFINITY,
      size: 'unknown',
      body: { end: undefined },
    });
    await answer.send('abcd');
    await answer.end();
    expect(await outcome).toBe('whole');
    expect(segment.end).toBe(14);
  });

  it('accepts an empty response', async () => {
    const { answer, outcome, segment } = await started({ body: { end: 10 } });
    expect(await outcome).toBe('whole');
    expect([answer.isClosed, segment.position]).toEqual([true, 10]);
  });

  it('accepts a shorter range than requested', async () => {
    const { answer, outcome, segment } = await started({ body: { end: 15 } });
    await answer.send('abcde');
    await answer.end();
    expect(await outcome).toBe('whole');
    expect([segment.position, segment.end]).toEqual([15, 20]);
  });
});

describe('a response', () => {
  it('is closed before any byte if it is rejected', async () => {
    const rejection = new Error('another file');
    const { answer, outcome } = await started({
      accept: () => {
        throw rejection;
      },
    });
    expect(await outcome).toBe(rejection);
    expect(answer.isClosed).toBe(true);
  });

  it.each<readonly [name: string, given: Given, message: string]>([
    ['too early', {}, 'a.ckpt: storage.example ended the connection at byte 14 of 30.'],
    [
      'too early, with unknown size',
      { end: Number.POSITIVE_INFINITY, size: 'unknown', body: { end: 25 } },
      'a.ckpt: storage.example ended the connection at byte 14.',
    ],
    [
      'too early, with an unknown range',
      { body: { end: undefined } },
      'ended the connection at byte 14 of 30.',
    ],
  ])('that ends %s is broken, and its bytes are written', async (_name, given, message) => {
    const { answer, outcome, written } = await started(given);
    await answer.send('abcd');
    await answer.end();
    const error = await outcome;
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({ code: 'broken', message: expect.stringContaining(message) });
    expect(written()).toBe(`${'.'.repeat(10)}abcd${'.'.repeat(26)}`);
  });

  it('that breaks rejects with its error, and its bytes are written', async () => {
    const { answer, outcome, written } = await started();
    const error = new NetworkError('broken', 'x');
    await answer.send('abcd');
    await answer.fail(error);
    expect(await outcome).toBe(error);
    expect(written()).toBe(`${'.'.repeat(10)}abcd${'.'.repeat(26)}`);
  });

  it.each<readonly [name: string, given: Given]>([
    ['the file has', { end: 30, body: { end: undefined } }],
    ['its range', { end: 30, body: { end: 25 } }],
    ['its range, with unknown size', { end: Number.POSITIVE_INFINITY, size: 'unknown', body: { end: 25 } }],
  ])('that sends more than %s is rejected', async (_name, given) => {
    const { answer } = await started(given);
    await answer.send('abcdefghij');
    await expect(async () => answer.send('klmnopqrstuvwxyz')).rejects.toMatchObject({
      code: 'too-long',
      message: 'a.ckpt: storage.example sent more bytes than the file has.',
    });
  });
});

describe('the disk', () => {
  it('ends the download with its error, even after a complete response', async () => {
    const full = new Error('The disk is full.');
    const { answer, outcome } = await started({ write: () => Promise.reject(full) });
    await answer.send('abcdefghij');
    expect(await outcome).toBe(full);
  });

  it('gets received bytes at each tick, once the signature is complete', async () => {
    const { answer, written, wait } = await started();
    await answer.send('abcd');
    wait(50);
    await turn();
    expect(written()).toBe('.'.repeat(40));
    await answer.send('efghi');
    wait(50);
    await turn();
    expect(written()).toBe(`${'.'.repeat(10)}abcdefghi${'.'.repeat(21)}`);
  });
});

describe('a rate limit', () => {
  it('pauses the response', async () => {
    let go: () => void = () => {};
    const counts: number[] = [];
    const { answer } = await started({
      onBytes: (count) => {
        counts.push(count);
        return new Promise((resolve) => {
          go = resolve;
        });
      },
    });
    let isTaken = false;
    const sending = answer.send('abcd').then(() => {
      isTaken = true;
    });
    await turn();
    expect([isTaken, counts]).toEqual([false, [4]]);
    go();
    await sending;
  });

  it('counts only the bytes of the segment', async () => {
    const counts: number[] = [];
    const { answer } = await started({
      onBytes: (count) => {
        counts.push(count);
        return undefined;
      },
    });
    await answer.send('abcdefghijklm');
    expect(counts).toEqual([10]);
  });
});

describe('the speed of a connection', () => {
  const kilobyte = 'x'.repeat(1_000);
  const whole = { start: 0, end: Number.POSITIVE_INFINITY, size: 'unknown' as const, write: async () => {} };

  it('is a moving average', async () => {
    const { answer, segment, wait } = await started(whole);
    wait(300);
    expect(segment.speed).toBe(0);
    await answer.send(kilobyte);
    for (let look = 0; look < 100; look++) {
      wait(50);
      await answer.send(kilobyte);
    }
    expect(segment.speed).toBeGreaterThan(19_000);
    expect(segment.speed).toBeLessThan(21_000);
    for (let look = 0; look < 100; look++) wait(50);
    expect(segment.speed).toBeLessThan(200);
  });

  it('must not stay below the minimum for 30 seconds', async () => {
    const { answer, outcome, wait } = await started(whole);
    await answer.send('x'.repeat(100_000));
    for (let second = 0; second < 59; second++) {
      wait(1_000);
      await answer.send('x'.repeat(900));
    }
    wait(1_000);
    expect(await outcome).toMatchObject({
      code: 'timeout',
      message: 'a.ckpt: storage.example sends too slowly.',
    });
  });

  it('may be low, but above the minimum', async () => {
    const { answer, outcome, wait } = await started({ ...whole, minRate: 10 });
    for (let second = 0; second < 120; second++) {
      await answer.send('x'.repeat(11));
      wait(1_000);
    }
    await answer.end();
    expect(await outcome).toBe('whole');
  });

  it('is not checked before the first byte, which has its own timeout', async () => {
    const { outcome, wait, answer } = await started(whole);
    for (let second = 0; second < 120; second++) wait(1_000);
    await answer.fail(new Error('the network'));
    expect(await outcome).toMatchObject({ message: 'the network' });
  });
});
