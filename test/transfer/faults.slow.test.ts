import { describe, expect } from 'vitest';
import { CivitdlError } from '../../src/errors.js';
import { type Civitai, type FaultKind, type RecordedRequest, startCivitai } from '../fake-civitai/civitai.js';
import { it } from '../harness/fixture.js';
import type { Sandbox } from '../harness/sandbox.js';
import { example, type Given, models, size, type Transferring, transferExample } from './transferring.js';

// Tests run at the same time, each with its own server.
it.override('civitai', async ({ onTestFinished }) => {
  const civitai = await startCivitai({ models });
  onTestFinished(() => civitai.close());
  return civitai;
});

const middle = Math.floor(size / 2);
const end = size - 1_000;
const positions = { beginning: 500, middle, end } as const;
const lifetimes = { once: 1, always: Number.POSITIVE_INFINITY } as const;

function startOf({ headers }: RecordedRequest): number {
  return Number(/^bytes=(?<start>\d+)-/.exec(headers.range ?? '')?.groups?.start ?? 0);
}

/** Faults of a body, in any response with that position. */
const ofBody: readonly (readonly [
  name: string,
  fault: (at: number) => FaultKind,
  always: readonly string[],
])[] = [
  ['a reset', (at) => ({ kind: 'reset', at }), ['broken']],
  ['a stall', (at) => ({ kind: 'stall', at }), ['timeout']],
  ['a connection that is closed', (at) => ({ kind: 'truncate', at }), ['broken']],
  ['a flipped bit', (at) => ({ kind: 'corrupt', at }), ['wrong-checksum']],
];

/** Faults of a whole response that begins near the position. */
const ofAnswer: readonly (readonly [name: string, fault: FaultKind, always: readonly string[]])[] = [
  ['400', { kind: 'status', status: 400 }, ['bad-answer']],
  ['401', { kind: 'status', status: 401 }, ['bad-answer']],
  ['403', { kind: 'status', status: 403 }, ['bad-answer']],
  [
    'a challenge of the guard',
    { kind: 'status', status: 403, headers: { 'cf-mitigated': 'challenge' } },
    // Among other connections, only the refused one ends.
    ['guarded', 'right'],
  ],
  ['404', { kind: 'status', status: 404 }, ['file-not-found']],
  ['408', { kind: 'status', status: 408 }, ['server']],
  ['410', { kind: 'status', status: 410 }, ['bad-answer']],
  ['416', { kind: 'status', status: 416 }, ['wrong-range', 'right']],
  ['429', { kind: 'status', status: 429 }, ['server', 'rate-limited']],
  ['500', { kind: 'status', status: 500 }, ['server']],
  ['503 with Retry-After', { kind: 'status', status: 503, headers: { 'Retry-After': '2' } }, ['server']],
  ['no answer', { kind: 'delay', ms: Number.POSITIVE_INFINITY }, ['timeout']],
  ['a page', { kind: 'html' }, ['wrong-kind']],
  ['an error as JSON', { kind: 'json' }, ['wrong-kind']],
  ['a compressed body', { kind: 'gzip' }, ['wrong-kind']],
  ['no ranges', { kind: 'noRanges' }, ['right']],
  ['another range', { kind: 'wrongContentRange', start: 7 }, ['right', 'wrong-range']],
  ['another total', { kind: 'wrongContentRange', total: size + 1 }, ['wrong-size']],
  ['a changed tag', { kind: 'changedTag' }, ['right']],
  ['other bytes', { kind: 'wrongBytes' }, ['wrong-checksum']],
  ['no length', { kind: 'noLength' }, ['right']],
  [
    'a wrong length',
    { kind: 'truncate', after: 600, shortLength: true },
    ['wrong-checksum', 'wrong-size', 'wrong-range', 'broken', 'right'],
  ],
  ['a redirect to plain http elsewhere', { kind: 'redirect', to: 'http://civitai.com/x' }, ['untrusted']],
  ['a redirect to itself', { kind: 'redirect', to: ({ url }) => url }, ['broken']],
  ['a redirect to a page', { kind: 'redirect', to: '/models/66' }, ['broken', 'bad-answer']],
];

/** Faults without a retry, even if they occur only once. */
const final = new Set(['400', '404', 'a challenge of the guard', 'a redirect to plain http elsewhere']);

interface Ending {
  readonly civitai: Civitai;
  readonly transferred: Transferring;
  /** Requests to the download route. */
  readonly asked: number;
}

async function finished(
  connections: number,
  arrange: (civitai: Civitai) => Given | undefined,
  { civitai, sandbox }: { readonly civitai: Civitai; readonly sandbox: Sandbox },
): Promise<Ending> {
  // Slow enough for several connections.
  if (connections > 1) civitai.setRate(8_000_000);
  const given = arrange(civitai);
  const transferred = await transferExample(civitai, sandbox, { maxConnections: connections, ...given });
  return { civitai, transferred, asked: civitai.requestsTo('download').length };
}

function expectRightOr(codes: readonly string[], { transferred: { error, isRight, names } }: Ending): void {
  if (error) {
    expect(error).toBeInstanceOf(CivitdlError);
    expect(codes).toContain(error.code);
    expect(isRight).toBeUndefined();
  } else {
    expect(codes).toContain('right');
    expect(isRight).toBe(true);
    expect(names).toEqual([example.name]);
  }
}

const lives = Object.entries(lifetimes);
/** Short if the test waits for the timeout, but long enough for a busy machine. */
const timeoutMs = (name: string) => (/stall|no answer/.test(name) ? 1_000 : 5_000);

describe.each([1, 4])('a file over %i connections', (connections) => {
  it('is right without a fault', async ({ civitai, sandbox }) => {
    const ended = await finished(connections, () => undefined, { civitai, sandbox });
    expectRightOr(['right'], ended);
    expect(ended.asked).toBe(1);
    expect(Math.max(...ended.civitai.requestsTo('storage').map(startOf)) > 0).toBe(connections > 1);
  });

  describe.concurrent.each(Object.entries(positions))('with a fault at its %s', (position, at) => {
    const bodyRows = ofBody.flatMap((row) => lives.map((life) => [...row, ...life] as const));
    it.for(bodyRows)('%s', async ([name, fault, always, life, times], { civitai, sandbox }) => {
      const arrange = (civitai: Civitai) => {
        civitai.fault({ on: 'storage', ...fault(at), times });
        return { networkTimeout: timeoutMs(name) };
      };
      const ended = await finished(connections, arrange, { civitai, sandbox });
      expectRightOr(life === 'once' ? ['right'] : always, ended);
      expect(ended.asked).toBe(1);
    });

    const answerRows = ofAnswer.flatMap((row) => lives.map((life) => [...row, ...life] as const));
    it.for(answerRows)('%s', async ([name, fault, always, life, times], { civitai, sandbox }) => {
      const isBeginning = position === 'beginning';
      const from = connections === 1 ? 1 : at - 600_000;
      const where = (request: RecordedRequest) =>
        isBeginning ? startOf(request) === 0 : startOf(request) >= from;
      const arrange = (civitai: Civitai) => {
        // Over one connection, a response begins there only after another one ended there.
        if (!isBeginning && connections === 1) civitai.fault({ on: 'storage', kind: 'truncate', at });
        civitai.fault({ on: 'storage', where, ...fault, times });
        return { networkTimeout: timeoutMs(name) };
      };
      const ended = await finished(connections, arrange, { civitai, sandbox });
      // A fault of some ranges is avoided by fetching the whole file.
      const mayHeal = life === 'once' ? !final.has(name) : !isBeginning;
      expectRightOr(
        life === 'once' && mayHeal ? ['right'] : [...always, ...(mayHeal ? ['right'] : [])],
        ended,
      );
      expect(ended.asked).toBeLessThanOrEqual(['401', '403', '410'].includes(name) ? 4 : 2);
    });
  });

  it.concurrent.for(['beginning', 'middle', 'end'] as const)(
    'resumes with a new URL of the other host after all URLs expired at its %s',
    async (position, { civitai, sandbox }) => {
      const ended = await finished(
        connections,
        (civitai) => {
          let isExpired = false;
          const expire = () => {
            if (isExpired) return;
            isExpired = true;
            civitai.expireUrls();
            civitai.moveFile(example.id, 'b2');
          };
          const onProgress = (received: number) => {
            if (position !== 'end' && received >= positions[position]) expire();
          };
          civitai.setRate(4_000_000);
          // The request after the cut needs a new URL.
          const onApply = () => {
            if (position === 'end') expire();
          };
          civitai.fault({ on: 'storage', kind: 'truncate', at: size - 300_000, onApply });
          return { onProgress };
        },
        { civitai, sandbox },
      );
      expectRightOr(['right'], ended);
      expect(ended.asked).toBe(2);
      const sent = ended.civitai.requestsTo('storage').reduce((sum, request) => sum + request.bytesSent, 0);
      expect(sent).toBeLessThan(size * 1.5);
    },
  );
});
