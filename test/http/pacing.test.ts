import { expect, it } from 'vitest';
import type { HttpResponse } from '../../src/http/client.js';
import { createPacing } from '../../src/http/pacing.js';

type Answer = { readonly status: number; readonly retryAfterMs?: number };

const API = 'https://api.example';
const OTHER = 'https://images.example';

/** Sends requests on a clock that only moves while a request waits, and records when each of them was sent. */
function createNetwork(answer: (path: string) => Answer, rate = { burst: 1_000, perSecond: 10 }) {
  let now = 0;
  const sent: [path: string, at: number][] = [];
  const slowed: string[] = [];
  const sleepers: { at: number; wake: () => void }[] = [];
  const pacing = createPacing({
    sleep: (ms, signal) =>
      new Promise((wake, reject) => {
        sleepers.push({ at: now + ms, wake });
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
    monotonic: () => now,
    limited: { origin: API, rate },
    onSlowed: (host) => slowed.push(host),
  });
  return {
    sent,
    slowed,
    get: async (path: string, origin = API, signal = new AbortController().signal) => {
      const url = new URL(path, origin);
      const sentAt = await pacing.beforeRequest(url, signal);
      sent.push([path, Math.round(now)]);
      pacing.afterResponse(url, answer(path) as HttpResponse, sentAt);
    },
    /** Moves the clock until no request waits. */
    async passTime(): Promise<void> {
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        const next = sleepers.sort((a, b) => a.at - b.at).shift();
        if (!next) return;
        now = Math.max(now, next.at);
        next.wake();
      }
    },
    times: () => sent.map(([, at]) => at),
  };
}

const succeed = () => ({ status: 200 });
const statuses = (...all: number[]) => {
  const rest = [...all];
  return () => ({ status: rest.shift() ?? 200 });
};

it('sends requests without waiting while all succeed', async () => {
  const { get, times, slowed } = createNetwork(succeed);
  await Promise.all(Array.from({ length: 50 }, () => get('/')));
  expect(new Set(times())).toEqual(new Set([0]));
  expect(slowed).toEqual([]);
});

it('doubles the wait after each 429, and reports the host once', async () => {
  const { get, times, passTime, slowed } = createNetwork(statuses(429, 429, 429));
  for (let count = 0; count < 4; count++) {
    void get('/');
    await passTime();
  }
  expect(times()).toEqual([0, 500, 1_500, 3_500]);
  expect(slowed).toEqual(['api.example']);
});

it('counts 429s of parallel requests as one', async () => {
  const { get, times, passTime } = createNetwork(statuses(429, 429, 429));
  await Promise.all([get('/'), get('/'), get('/')]);
  void get('/');
  await passTime();
  expect(times()).toEqual([0, 0, 0, 500]);
});

it('shortens the wait with each good response, down to nothing', async () => {
  const { get, times, passTime } = createNetwork(statuses(429));
  await get('/');
  for (let count = 0; count < 30; count++) {
    void get('/');
    await passTime();
  }
  const gaps = times().map((at, index, all) => at - (all[index - 1] ?? 0));
  expect(gaps.slice(1, 5)).toEqual([500, 500, 400, 320]);
  expect(gaps.slice(-10)).toEqual(Array(10).fill(0));
});

it('holds back all requests until Retry-After, also those that already had an earlier time', async () => {
  const answers: Record<string, Answer> = {
    '/first': { status: 429 },
    '/busy': { status: 429, retryAfterMs: 20_000 },
  };
  const { get, sent, passTime } = createNetwork((path) => answers[path] ?? { status: 200 });
  await get('/first');
  for (const path of ['/busy', '/a', '/b']) void get(path);
  await passTime();
  expect(sent).toEqual([
    ['/first', 0],
    ['/busy', 500],
    ['/a', 20_500],
    ['/b', 21_500],
  ]);
});

it('ignores a Retry-After of an hour', async () => {
  const { get, times, passTime } = createNetwork(() => ({ status: 429, retryAfterMs: 3_600_000 }));
  await get('/');
  void get('/');
  await passTime();
  expect(times()).toEqual([0, 500]);
});

it.each([
  ['two failures', 0, [500, 503]],
  ['three failures with another status between them', 0, [500, 500, 404, 500]],
  ['three failures in a row', 500, [500, 502, 503]],
])('after %s, waits %i ms', async (_what, waitMs, answers) => {
  const { get, times, passTime } = createNetwork(statuses(...answers));
  for (const _ of answers) await get('/');
  void get('/');
  await passTime();
  expect(times().at(-1)).toBe(waitMs);
});

it('does not slow down other origins', async () => {
  const { get, sent, passTime } = createNetwork(statuses(429));
  await get('/');
  void get('/');
  void get('/image', OTHER);
  await passTime();
  expect(sent).toEqual([
    ['/', 0],
    ['/image', 0],
    ['/', 500],
  ]);
});

it('limits the rate of the one origin only', async () => {
  const { get, sent, passTime } = createNetwork(succeed, { burst: 2, perSecond: 10 });
  for (let count = 0; count < 4; count++) void get('/');
  for (let count = 0; count < 4; count++) void get('/image', OTHER);
  await passTime();
  expect(sent.filter(([path]) => path === '/').map(([, at]) => at)).toEqual([0, 0, 100, 200]);
  expect(sent.filter(([path]) => path === '/image').map(([, at]) => at)).toEqual([0, 0, 0, 0]);
});

it('stops waiting when the signal aborts', async () => {
  const { get, sent } = createNetwork(statuses(429));
  await get('/');
  const controller = new AbortController();
  const waiting = get('/', API, controller.signal);
  controller.abort(new Error('aborted'));
  await expect(waiting).rejects.toThrow('aborted');
  expect(sent).toHaveLength(1);
});
