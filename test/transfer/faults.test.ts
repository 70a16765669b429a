import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CivitdlError } from '../../src/errors.js';
import { type Sandbox, sandbox } from '../harness/sandbox.js';
import { type Civitai, type FaultKind, type RecordedRequest, startCivitai } from '../support/civitai.js';
import { example, models, size, transferExample } from './transferring.js';

const middle = Math.floor(size / 2);
const end = size - 1_000;
const positions = { beginning: 500, middle, end } as const;
const lifetimes = { once: 1, always: Number.POSITIVE_INFINITY } as const;

let civitai: Civitai;
let box: Sandbox;
beforeAll(async () => {
  civitai = await startCivitai({ models });
});
afterAll(() => civitai.close());
beforeEach(async () => {
  civitai.reset();
  box = await sandbox(civitai.url);
});

function startOf({ headers }: RecordedRequest): number {
  return Number(/^bytes=(?<start>\d+)-/.exec(headers.range ?? '')?.groups?.start ?? 0);
}

/** Faults of what is sent, which befall whatever answer holds the place. */
const ofBody: readonly (readonly [
  name: string,
  fault: (at: number) => FaultKind,
  always: readonly string[],
])[] = [
  ['a reset', (at) => ({ kind: 'reset', at }), ['broken']],
  ['a stall', (at) => ({ kind: 'stall', at }), ['timeout']],
  ['a connection that is closed', (at) => ({ kind: 'truncate', at }), ['broken']],
  ['a turned bit', (at) => ({ kind: 'corrupt', at }), ['wrong-checksum']],
];

/** Faults of the answer as a whole, which befall those that begin near the place. */
const ofAnswer: readonly (readonly [name: string, fault: FaultKind, always: readonly string[]])[] = [
  ['400', { kind: 'status', status: 400 }, ['bad-answer']],
  ['401', { kind: 'status', status: 401 }, ['bad-answer']],
  ['403', { kind: 'status', status: 403 }, ['bad-answer']],
  ['404', { kind: 'status', status: 404 }, ['not-found']],
  ['408', { kind: 'status', status: 408 }, ['server']],
  ['410', { kind: 'status', status: 410 }, ['bad-answer', 'archived']],
  ['416', { kind: 'status', status: 416 }, ['wrong-range', 'right']],
  ['429', { kind: 'status', status: 429 }, ['server', 'rate-limited']],
  ['500', { kind: 'status', status: 500 }, ['server']],
  ['503 with Retry-After', { kind: 'status', status: 503, headers: { 'Retry-After': '2' } }, ['server']],
  ['no answer', { kind: 'delay', ms: Number.POSITIVE_INFINITY }, ['timeout']],
  ['a page', { kind: 'html' }, ['wrong-kind']],
  ['an error as JSON', { kind: 'json' }, ['wrong-kind']],
  ['a packed body', { kind: 'gzip' }, ['wrong-kind']],
  ['no ranges', { kind: 'noRanges' }, ['right']],
  ['another range', { kind: 'wrongContentRange', start: 7 }, ['right', 'wrong-range']],
  ['another total', { kind: 'wrongContentRange', total: size + 1 }, ['wrong-size']],
  ['a changed tag', { kind: 'changedTag' }, ['right']],
  ['other bytes', { kind: 'wrongBytes' }, ['wrong-checksum']],
  ['no length', { kind: 'noLength' }, ['right']],
  [
    'a length that lies',
    { kind: 'truncate', after: 600, shortLength: true },
    ['wrong-size', 'broken', 'right'],
  ],
  ['a redirect to plain http elsewhere', { kind: 'redirect', to: 'http://civitai.com/x' }, ['untrusted']],
  ['a redirect to itself', { kind: 'redirect', to: ({ url }) => url }, ['broken']],
  ['a redirect to a page', { kind: 'redirect', to: '/models/66' }, ['broken', 'bad-answer']],
];

/** Faults that no second try is made for, not even for one that befalls once. */
const final = new Set(['400', '404', 'a redirect to plain http elsewhere']);

async function expectRightOr(codes: readonly string[], connections: number): Promise<void> {
  const { error, isRight, names } = await transferExample(civitai, box, { connections });
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

function askedFor(): number {
  return civitai.requestsTo('download').length;
}

describe.each([1, 4])('a file over %i connections', (connections) => {
  /** Slow enough for several connections to have something to do. */
  const rate = connections === 1 ? undefined : 8_000_000;

  it('is right where nothing goes wrong', async () => {
    civitai.setRate(rate);
    await expectRightOr(['right'], connections);
    expect(askedFor()).toBe(1);
    expect(Math.max(...civitai.requestsTo('storage').map(startOf)) > 0).toBe(connections > 1);
  });

  describe.each(Object.entries(positions))('that suffers at its %s', (position, at) => {
    it.each(ofBody.flatMap((row) => Object.entries(lifetimes).map((life) => [...row, ...life] as const)))(
      '%s',
      async (_name, fault, always, life, times) => {
        civitai.setRate(rate);
        civitai.fault({ on: 'storage', ...fault(at), times });
        await expectRightOr(life === 'once' ? ['right'] : always, connections);
        expect(askedFor()).toBe(1);
      },
    );

    it.each(ofAnswer.flatMap((row) => Object.entries(lifetimes).map((life) => [...row, ...life] as const)))(
      '%s',
      async (name, fault, always, life, times) => {
        civitai.setRate(rate);
        const from = connections === 1 ? 1 : at - 600_000;
        const where = (request: RecordedRequest) =>
          position === 'beginning' ? startOf(request) === 0 : startOf(request) >= from;
        // Over one connection, an answer begins there only after another one has ended there.
        if (position !== 'beginning' && connections === 1)
          civitai.fault({ on: 'storage', kind: 'truncate', at });
        civitai.fault({ on: 'storage', where, ...fault, times });
        await expectRightOr(
          life === 'once' && !final.has(name)
            ? ['right']
            : [...always, ...(connections > 1 ? ['right'] : [])],
          connections,
        );
        const isRefusal = ['401', '403', '410'].includes(name);
        expect(askedFor()).toBeLessThanOrEqual(isRefusal ? 4 : 2);
      },
    );
  });

  it.each(['beginning', 'middle', 'end'] as const)(
    'goes on with a fresh URL when all expire at its %s',
    async (position) => {
      civitai.setRate(4_000_000);
      let isExpired = false;
      const onProgress = (received: number) => {
        if (isExpired || received < Math.min(positions[position], size - 200_000)) return;
        isExpired = true;
        civitai.expireUrls();
        civitai.moveFile(example.id, 'b2');
        civitai.fault({ on: 'storage', kind: 'reset', after: 0, times: 1 });
      };
      const { isRight } = await transferExample(civitai, box, { connections, onProgress });
      expect(isRight).toBe(true);
      expect(askedFor()).toBeLessThanOrEqual(2);
      const sent = civitai.requestsTo('storage').reduce((sum, request) => sum + request.bytesSent, 0);
      expect(sent).toBeLessThan(size * 1.5);
    },
  );
});
