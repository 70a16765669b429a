import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { CivitdlError } from '../../src/errors.js';
import { createHttp } from '../../src/http/client.js';
import { createHttp1Client } from '../../src/http/http1/client.js';
import { createDispatcher } from '../../src/http/undici.js';
import { transfer } from '../../src/transfer/transfer.js';
import type { Tuning } from '../../src/transfer/tuning.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import { mangle, type Random, sendInPieces } from '../harness/mangle.js';
import { type RawRequest, rawServer } from '../harness/raw-server.js';
import { seededRandom } from '../scripts/shared/random.js';
import { lock, tuning as smallTuning } from './transferring.js';

const MANGLED = 5_000;
/** Number of transfers at a time: they wait for hosts that stall. */
const WORKERS = 4;
const SIZE = 200_000;
const KiB = 1024;
const tuning: Tuning = {
  ...smallTuning,
  minSegment: 8 * KiB,
  initialSegment: 8 * KiB,
  maxSegment: 16 * KiB,
  minShare: 2 * KiB,
};
const right = Buffer.from(Uint8Array.from({ length: SIZE }, (_, at) => (at * 7 + (at >> 8)) % 251));
const sha256 = createHash('sha256').update(right).digest('hex');

/** Answers requests for ranges; some share of the answers is mangled. */
function startStorage(random: Random, share: number) {
  let mangled = 0;
  const answer = ({ head, socket }: RawRequest) => {
    const { first, last } = /^range: bytes=(?<first>\d+)-(?<last>\d*)/im.exec(head)?.groups ?? {};
    const start = Number(first ?? 0);
    const end = last ? Math.min(Number(last) + 1, SIZE) : SIZE;
    const lines = [
      `HTTP/1.1 ${first === undefined ? '200 OK' : '206 Partial Content'}`,
      'Content-Type: application/octet-stream',
      `Content-Length: ${end - start}`,
      'ETag: "one"',
      ...(first === undefined ? [] : [`Content-Range: bytes ${start}-${end - 1}/${SIZE}`]),
    ];
    const bytes = Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), right.subarray(start, end)]);
    if (random() >= share) {
      socket.write(bytes);
      return;
    }
    mangled++;
    void sendInPieces(mangle(bytes, random), socket, random);
  };
  return { answer, mangled: () => mangled };
}

async function transferOnce(
  url: URL,
  target: string,
  connections: number,
): Promise<CivitdlError | undefined> {
  const http = createHttp({
    dispatcher: await createDispatcher({ timeoutMs: 150 }),
    http1: createHttp1Client({ timeoutMs: 150 }),
    userAgent: 'test',
    now: Date.now,
  });
  try {
    await transfer(
      { target, fileKey: 'example', size: SIZE, sha256, fetchUrl: async () => url },
      {
        http,
        // Skipped waits would let a thousand retries pass in a moment.
        retry: {
          retries: 20,
          random: () => 0.5,
          sleep: () => new Promise((resolve) => setTimeout(resolve, 1)),
        },
        lock,
        signal: new AbortController().signal,
        maxConnections: connections,
        tuning,
        monotonic: () => performance.now(),
        onProgress: () => {},
        onEvent: () => {},
      },
    );
    return undefined;
  } catch (error) {
    if (error instanceof CivitdlError) return error;
    throw error;
  } finally {
    await http.close();
  }
}

it.for([
  [1, 0.1],
  [4, 0.1],
  [4, 0.5],
] as const)(
  'a file over %i connections, with a share of %f mangled responses, is right or missing',
  { timeout: 240_000 },
  async ([connections, share]) => {
    const random = seededRandom(connections * 100 + share * 10);
    const storage = startStorage(random, share);
    const { url, open } = await rawServer(storage.answer);
    const ends = { right: 0, failed: 0 };
    const wanted = share > 0.2 ? MANGLED : MANGLED / 50;
    let turn = 0;
    const work = async () => {
      while (storage.mangled() < wanted) {
        const target = sandbox.path('models', `${turn++}.bin`);
        const error = await transferOnce(url, target, connections);
        const bytes = await readFile(target).catch(() => undefined);
        // No wrong file gets its name.
        if (bytes) expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
        expect(bytes === undefined).toBe(error !== undefined);
        ends[error ? 'failed' : 'right']++;
      }
    };
    await Promise.all(Array.from({ length: WORKERS }, work));
    expect(ends.right).toBeGreaterThan(0);
    await expect.poll(() => open.size).toBe(0);
  },
);
