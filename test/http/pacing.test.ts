import { expect, it } from 'vitest';
import type { Http, HttpResponse } from '../../src/http/client.js';
import { withPacing } from '../../src/http/pacing.js';

type Answer = { readonly status: number; readonly retryAfterMs?: number; readonly location?: string };

const API = 'https://api.example';
const OTHER = 'https://images.example';

/** A network whose time passes only where somebody waits, and the times at which it was asked. */
function network(answer: (path: string) => Answer, rate = { burst: 1_000, perSecond: 10 }) {
  let now = 0;
  const asked: [path: string, at: number][] = [];
  const slowed: string[] = [];
  const sleepers: { at: number; wake: () => void }[] = [];
  const http: Http = {
    get: async (url) => {
      asked.push([url.pathname, Math.round(now)]);
      const { status, retryAfterMs, location } = answer(url.pathname);
      const header = (name: string) => (name === 'location' ? location : undefined);
      return { url, status, retryAfterMs, header, close() {} } as unknown as HttpResponse;
    },
    getFollowing: () => Promise.reject(new Error('follows by itself')),
    post: () => Promise.reject(new Error('not asked for')),
    close: async () => {},
  };
  const door = withPacing(http, {
    sleep: (ms, signal) =>
      new Promise((wake, refuse) => {
        sleepers.push({ at: now + ms, wake });
        signal.addEventListener('abort', () => refuse(signal.reason));
      }),
    monotonic: () => now,
    limited: { origin: API, rate },
    onSlowed: (host) => slowed.push(host),
  });
  const { signal } = new AbortController();
  return {
    asked,
    slowed,
    door,
    get: (path: string, origin = API) => door.get(new URL(path, origin), { signal }),
    /** Lets time pass until nobody waits any more. */
    async pass(): Promise<void> {
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        const next = sleepers.sort((a, b) => a.at - b.at).shift();
        if (!next) return;
        now = Math.max(now, next.at);
        next.wake();
      }
    },
    at: (ms: number) => {
      now = ms;
    },
    times: () => asked.map(([, at]) => at),
  };
}

const well = () => ({ status: 200 });
const statuses = (...all: number[]) => {
  const rest = [...all];
  return () => ({ status: rest.shift() ?? 200 });
};

it('asks as fast as it can as long as all is well', async () => {
  const { get, times, slowed } = network(well);
  await Promise.all(Array.from({ length: 50 }, () => get('/')));
  expect(new Set(times())).toEqual(new Set([0]));
  expect(slowed).toEqual([]);
});

it('asks everybody to wait after a 429, the longer the more there are, and tells it once', async () => {
  const { get, times, pass, slowed } = network(statuses(429, 429, 429));
  for (let count = 0; count < 4; count++) {
    void get('/');
    await pass();
  }
  expect(times()).toEqual([0, 500, 1_500, 3_500]);
  expect(slowed).toEqual(['api.example']);
});

it('takes refusals of what was under way together for one', async () => {
  const { get, times, pass } = network(statuses(429, 429, 429));
  await Promise.all([get('/'), get('/'), get('/')]);
  void get('/');
  await pass();
  expect(times()).toEqual([0, 0, 0, 500]);
});

it('gets faster again with each good answer, until nothing is left of it', async () => {
  const { get, times, pass } = network(statuses(429));
  await get('/');
  for (let count = 0; count < 30; count++) {
    void get('/');
    await pass();
  }
  const gaps = times().map((at, index, all) => at - (all[index - 1] ?? 0));
  expect(gaps.slice(1, 5)).toEqual([500, 500, 400, 320]);
  expect(gaps.slice(-10)).toEqual(Array(10).fill(0));
});

it('holds all requests back for as long as the server asks, also those whose turn was sooner', async () => {
  const answers: Record<string, Answer> = {
    '/first': { status: 429 },
    '/busy': { status: 429, retryAfterMs: 20_000 },
  };
  const { get, asked, pass } = network((path) => answers[path] ?? { status: 200 });
  await get('/first');
  for (const path of ['/busy', '/a', '/b']) void get(path);
  await pass();
  expect(asked).toEqual([
    ['/first', 0],
    ['/busy', 500],
    ['/a', 20_500],
    ['/b', 21_500],
  ]);
});

it('does not wait for hours, whatever the server asks', async () => {
  const { get, times, pass } = network(() => ({ status: 429, retryAfterMs: 3_600_000 }));
  await get('/');
  void get('/');
  await pass();
  expect(times()).toEqual([0, 500]);
});

it.each([
  ['two failures', [500, 503], 0],
  ['three that are not in a row', [500, 500, 404, 500], 0],
  ['three in a row', [500, 502, 503], 500],
])('after %s, waits or not', async (_what, answers, wait) => {
  const { get, times, pass } = network(statuses(...answers));
  for (const _ of answers) await get('/');
  void get('/');
  await pass();
  expect(times().at(-1)).toBe(wait);
});

it('is of no concern to other servers', async () => {
  const { get, asked, pass } = network(statuses(429));
  await get('/');
  void get('/');
  void get('/image', OTHER);
  await pass();
  expect(asked).toEqual([
    ['/', 0],
    ['/image', 0],
    ['/', 500],
  ]);
});

it('spreads requests to the one server, and to it alone', async () => {
  const { get, asked, pass } = network(well, { burst: 2, perSecond: 10 });
  for (let count = 0; count < 4; count++) void get('/');
  for (let count = 0; count < 4; count++) void get('/image', OTHER);
  await pass();
  expect(asked.filter(([path]) => path === '/').map(([, at]) => at)).toEqual([0, 0, 100, 200]);
  expect(asked.filter(([path]) => path === '/image').map(([, at]) => at)).toEqual([0, 0, 0, 0]);
});

it('ends the waiting when it is aborted', async () => {
  const { door, get, asked } = network(statuses(429));
  await get('/');
  const aborting = new AbortController();
  const waiting = door.get(new URL(API), { signal: aborting.signal });
  aborting.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  expect(asked).toHaveLength(1);
});

it('counts each step of a redirect for the server that is asked', async () => {
  const answer = (path: string) =>
    path === '/from' ? { status: 302, location: `${OTHER}/to` } : { status: 429 };
  const { door, asked, slowed } = network(answer);
  const { signal } = new AbortController();
  expect(await door.getFollowing(new URL('/from', API), { signal })).toMatchObject({ status: 429 });
  expect(asked.map(([path]) => path)).toEqual(['/from', '/to']);
  expect(slowed).toEqual(['images.example']);
});
