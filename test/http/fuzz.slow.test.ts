import { setMaxListeners } from 'node:events';
import { expect, it, onTestFinished, vi } from 'vitest';
import { CivitdlError } from '../../src/errors.js';
import type { Http } from '../../src/http/client.js';
import { openHttp } from '../../src/http/open-http.js';
import { mangle, pick, type Random, sendInPieces } from '../harness/mangle.js';
import { rawServer } from '../harness/raw-server.js';
import { seededRandom } from '../scripts/shared/random.js';

const MANGLED = 10_000;
/** Some requests fail before they are sent, or get what a response before left in the connection. */
const RESPONSES = 1.05 * MANGLED;
const WORKERS = 16;
const TIMEOUT_MS = 200;
const MEGABYTE = 1_000_000;
const { signal } = new AbortController();
setMaxListeners(0, signal);

const body = Buffer.from(Uint8Array.from({ length: 3_000 }, (_, at) => (at * 7) % 251));
const chunked = (size: number) => {
  const parts: Buffer[] = [];
  for (let start = 0; start < body.length; start += size) {
    const part = body.subarray(start, start + size);
    parts.push(Buffer.from(`${part.length.toString(16)};x=y\r\n`), part, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\nx-trailer: 1\r\n\r\n')]);
};
const response = (head: readonly string[], sent: Uint8Array) =>
  Buffer.concat([Buffer.from([...head, '', ''].join('\r\n')), sent]);
const length = `Content-Length: ${body.length}`;
const right: readonly Buffer[] = [
  response(['HTTP/1.1 200 OK', length], body),
  response(['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'], chunked(700)),
  response(['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'], chunked(3)),
  response(['HTTP/1.1 200 OK', 'Connection: close'], body),
  response(['HTTP/1.0 200 OK', 'Content-Type: x'], body),
  response(['HTTP/1.1 103 Early Hints', 'Link: x', '', 'HTTP/1.1 200 OK', length], body),
  response(['HTTP/1.1 206 Partial', length, `Content-Range: bytes 0-2999/9000`, 'ETag: "x"'], body),
  response(['HTTP/1.1 204 No Content'], Buffer.alloc(0)),
  response(['HTTP/1.1 307 Temporary Redirect', 'Location: /other', 'Content-Length: 0'], Buffer.alloc(0)),
  response(['HTTP/1.1 429 Too Many', 'Retry-After: 3', 'Content-Length: 2'], Buffer.from('no')),
];

interface Received {
  readonly status: number;
  readonly body: Buffer;
  /** Undefined if the response has none, or has chunks. */
  readonly length: string | undefined;
}

async function fetchOnce(
  http: Http,
  url: URL,
  readSize: number | undefined,
): Promise<Received | CivitdlError> {
  try {
    const got = await http.get(url, { signal, ...(readSize !== undefined && { readSize }) });
    const chunks: Buffer[] = [];
    await got.receive((chunk) => {
      chunks.push(Buffer.from(chunk));
      return undefined;
    });
    const given = got.header('transfer-encoding') === undefined ? got.header('content-length') : undefined;
    return { status: got.status, body: Buffer.concat(chunks), length: given };
  } catch (error) {
    if (error instanceof CivitdlError) return error;
    throw error;
  }
}

/** Fetches mangled responses with one of the two clients, and counts those that are valid nevertheless. */
async function fuzz(
  url: URL,
  seed: number,
  readSizeOf: (random: Random) => number | undefined,
): Promise<number> {
  // The clock goes on only while the client waits: after a 429, and for its own limit of the rate.
  let now = 0;
  const sleep = async (ms: number) => {
    now += ms;
  };
  const clock = { now: () => now, monotonic: () => now, sleep };
  const networkTimeouts = { connectMs: 5_000, apiHeadMs: TIMEOUT_MS, idleMs: TIMEOUT_MS };
  const http = await openHttp({ env: {}, networkTimeouts, ...clock }, url, undefined);
  onTestFinished(() => http.close());
  const random = seededRandom(seed);
  let valid = 0;
  let left = RESPONSES;
  const work = async () => {
    while (left-- > 0) {
      const received = await fetchOnce(http, url, readSizeOf(random));
      if (received instanceof CivitdlError) {
        expect(received).toMatchObject({
          name: 'NetworkError',
          code: expect.stringMatching(/^(broken|timeout)$/),
        });
        continue;
      }
      valid++;
      expect(received.status).toBeGreaterThanOrEqual(200);
      const hasBody = received.status !== 204 && received.status !== 304;
      // Never more and never less than was announced.
      if (received.length !== undefined && hasBody)
        expect(String(received.body.length)).toBe(String(Number(received.length)));
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  await http.close();
  return valid;
}

it.each<readonly [client: string, seed: number, readSizeOf: (random: Random) => number | undefined]>([
  ['the client for files', 1, (random) => pick(random, [64, 1_024, 16_384, 65_536])],
  ['the client for the API', 2, () => undefined],
])(
  `${RESPONSES} mangled responses do nothing to %s`,
  { timeout: 240_000 },
  async (_client, seed, readSizeOf) => {
    const random = seededRandom(seed + 1_000);
    const server = await rawServer(({ socket }) => {
      void sendInPieces(mangle(pick(random, right), random), socket, random);
    });
    const before = process.memoryUsage().rss;
    const valid = await fuzz(server.url, seed, readSizeOf);
    // Faults in a body or a header of no meaning are valid HTTP.
    expect(valid).toBeGreaterThan(RESPONSES / 20);
    expect(valid).toBeLessThan(RESPONSES * 0.9);
    expect(server.requests.length).toBeGreaterThanOrEqual(MANGLED);
    expect(process.memoryUsage().rss - before).toBeLessThan(250 * MEGABYTE);
    await vi.waitUntil(() => server.open.size === 0, 5_000);
  },
);
