import { describe, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import type { FaultKind } from '../fake-civitai/civitai.js';
import { fileBytes, imageBytes } from '../harness/catalog-bytes.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { type InProcessOptions, runInProcess } from '../harness/in-process.js';

/** Faults of the image host for one of three images, which never cost more than this image. */

const { model, file } = ids.anything;
const target = 'anythingV3_fp16/anythingV3_fp16-mid_66-vid_75.ckpt';
const extra = 'anythingV3_fp16/extra_data-vid_75';
const name = (image: string) => `${extra}/${image}`;
const others = [name('518.png'), name('519.mp4')];
const documents = [
  'anythingV3_fp16/anythingV3_fp16-mid_66-vid_75.csv',
  name('model_dict-mid_66-vid_75.json'),
  ...['517', '518', '519'].map((id) => name(`${id}-prompt.json`)),
];

const download = (options: InProcessOptions = {}, args: readonly string[] = []) =>
  runInProcess([String(model), 'models', ...args], sandbox, options);
const isFirst = ({ path }: { readonly path: string }) => path.endsWith('/517.jpeg');
const asked = () => civitai.requestsTo('image').filter(isFirst).length;
const spoil = (kind: FaultKind, times: number) =>
  civitai.fault({ on: 'image', where: isFirst, times, ...kind });

/** Expects exactly these files on disk, besides the documents. */
async function expectOnDisk(...names: readonly string[]): Promise<void> {
  expect(await sandbox.tree()).toEqual([...names, ...documents].sort());
  for (const one of names) {
    const right =
      one === target ? fileBytes(file) : imageBytes(Number.parseInt(one.slice(extra.length + 1), 10));
    expect((await sandbox.read(`models/${one}`)).equals(right), one).toBe(true);
  }
}

const status = (code: number, headers: Record<string, string> = {}): FaultKind => ({
  kind: 'status',
  status: code,
  headers,
});
const none: readonly number[] = [];
const backoff = [750, 1500, 3000];
const networkTimeoutMs = 1_200;

describe('an image that the image host never gives', () => {
  const rows: readonly (readonly [
    name: string,
    fault: FaultKind,
    says: string | RegExp,
    waits: readonly number[],
  ])[] = [
    ['400', status(400), 'unexpected status 400', none],
    ['401', status(401), 'unexpected status 401', none],
    ['403', status(403), 'unexpected status 403', none],
    ['404', status(404), 'was not found', none],
    ['408', status(408), 'failed with status 408', backoff],
    ['410', status(410), 'was not found', none],
    ['416', status(416), 'unexpected status 416', none],
    ['429', status(429), 'too many requests', [7500, 15_000, 22_500]],
    ['500', status(500), 'failed with status 500', backoff],
    [
      '503 with Retry-After',
      status(503, { 'Retry-After': '2' }),
      'failed with status 503',
      [2000, 2000, 2000],
    ],
    ['no answer', { kind: 'delay', ms: Infinity }, /\S+ did not answer in time/, [750]],
    [
      'silence after some bytes',
      { kind: 'stall', after: 10 },
      /\S+ (did not answer in time|sends too slowly)/,
      [750],
    ],
    ['a reset before the head', { kind: 'reset', after: 0 }, /connection to \S+ broke/, backoff],
    ['a reset after some bytes', { kind: 'reset', after: 10 }, /connection to \S+ broke/, backoff],
    ['an end after some bytes', { kind: 'truncate', after: 10 }, /connection to \S+ broke/, backoff],
    [
      'nothing at all',
      { kind: 'truncate', after: 0, shortLength: true },
      'sent neither an image nor a video',
      backoff,
    ],
    ['a page', { kind: 'html' }, 'sent neither an image nor a video', backoff],
    ['an error as JSON', { kind: 'json' }, 'sent neither an image nor a video', backoff],
    ['it packed', { kind: 'gzip' }, 'the server sent a gzip-encoded body instead of the file', backoff],
    [
      'a challenge of its guard',
      status(403, { 'cf-mitigated': 'challenge' }),
      /the guard of \S+ refuses this connection/,
      none,
    ],
    [
      'a redirect out of https',
      { kind: 'redirect', to: 'http://images.example/517.jpeg' },
      'it is not https',
      none,
    ],
  ];

  it.each(rows)('is told, and the next run fetches it alone: %s', async (kind, fault, says, waits) => {
    spoil(fault, Infinity);
    const retryCount = Math.max(1, waits.length);
    const ended = await download({ networkTimeoutMs }, ['--retry-count', String(retryCount)]);
    const warnings = ended.stderr.split('\n').filter((line) => /warning: (?!.*pickle)/.test(line));
    expect(warnings).toEqual([expect.stringMatching(/^ {2}warning: Image 517: |Image 517 was not found/)]);
    expect(warnings[0]).toMatch(says);
    expect(ended.stderr).toContain('2 images downloaded, 1 image failed');
    expect(ended.status).toBe(0);
    expect(ended.waits).toEqual(waits);
    // The server may have closed a used connection. The request is then repeated at once.
    const most = (waits.length + 1) * (kind === 'a reset before the head' ? 2 : 1);
    expect(asked()).toBeGreaterThanOrEqual(waits.length + 1);
    expect(asked()).toBeLessThanOrEqual(most);
    await expectOnDisk(target, ...others);

    civitai.reset();
    expect(await download()).toMatchObject({ status: 0 });
    expect(civitai.requestsTo('image')).toHaveLength(1);
    await expectOnDisk(target, ...others, name('517.jpeg'));
  });

  it('may be lost in a circle of redirects', async () => {
    spoil({ kind: 'redirect', to: ({ url }) => url }, Infinity);
    const { status: ends, stderr } = await download();
    expect(ends).toBe(0);
    expect(stderr).toMatch(/warning: Image 517: .* redirected more than 5 times/);
    await expectOnDisk(target, ...others);
  });
});

describe('an image that the image host gives at the second try', () => {
  const rows: readonly (readonly [name: string, fault: FaultKind, requests: number])[] = [
    ['408', status(408), 2],
    ['429', status(429), 2],
    ['500', status(500), 2],
    ['no answer', { kind: 'delay', ms: Infinity }, 2],
    ['a late answer', { kind: 'delay', ms: 50 }, 1],
    ['silence after some bytes', { kind: 'stall', after: 10 }, 2],
    ['a reset before the head', { kind: 'reset', after: 0 }, 2],
    ['a reset after some bytes', { kind: 'reset', after: 10 }, 2],
    ['an end after some bytes', { kind: 'truncate', after: 10 }, 2],
    ['no length', { kind: 'noLength' }, 1],
    ['a redirect to itself', { kind: 'redirect', to: ({ url }) => url }, 2],
  ];

  it.each(rows)('is there as if nothing had been: %s', async (_name, fault, requests) => {
    spoil(fault, 1);
    const { status: ends, stderr } = await download({ networkTimeoutMs });
    expect(ends).toBe(0);
    expect(stderr).toContain('3 images downloaded');
    expect(stderr).not.toMatch(/warning: (?!.*pickle)/);
    // The server may have closed a used connection. The request is then repeated at once.
    expect(asked()).toBeGreaterThanOrEqual(requests);
    expect(asked()).toBeLessThanOrEqual(requests === 1 ? 1 : requests + 1);
    await expectOnDisk(target, ...others, name('517.jpeg'));
  });
});

it('All images may fail, and the model is there all the same', async () => {
  civitai.fault({ on: 'image', ...status(404), times: Infinity });
  const { status: ends, stderr } = await download();
  expect(ends).toBe(0);
  expect(stderr).toContain('3 images failed');
  await expectOnDisk(target);
});
