import { describe, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import type { FaultKind, Route } from '../fake-civitai/civitai.js';
import { fileBytes, fileHash } from '../harness/catalog-bytes.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { type InProcessOptions, runInProcess } from '../harness/in-process.js';

/** Faults of the storage host, tested by what a user sees. */

const { model, file } = ids.anything;
const right = fileBytes(file);
const size = right.length;
const target = 'anythingV3_fp16/anythingV3_fp16-mid_66-vid_75.ckpt';
const documents = [/\.csv$/, /\/model_dict-[^/]+\.json$/];
/** Bytes after which a connection breaks. */
const cut = 60_000;
/** Short, since tests wait for it. */
const networkTimeoutMs = 400;

const download = (args: readonly string[] = [], options: InProcessOptions = {}) =>
  runInProcess([String(model), 'models', '-i', '0', ...args], sandbox, options);
const asked = (route: Route) => civitai.requestsTo(route).length;
const ranges = () => civitai.requestsTo('storage').map(({ headers }) => headers.range);

/** Adds faults for one request each; the last one for all further requests. */
function always(...kinds: readonly FaultKind[]): void {
  once(...kinds.slice(0, -1));
  for (const kind of kinds.slice(-1)) civitai.fault({ on: 'storage', ...kind, times: Infinity });
}

/** Adds faults for one request each. */
function once(...kinds: readonly FaultKind[]): void {
  for (const kind of kinds) civitai.fault({ on: 'storage', ...kind });
}

/** Returns the state of the file, and the number of files that a finished download does not leave. */
async function onDisk(): Promise<{ readonly file: 'none' | 'right' | 'wrong'; readonly rest: number }> {
  const tree = await sandbox.tree();
  const rest = tree.filter((name) => name !== target && !documents.some((document) => document.test(name)));
  if (!tree.includes(target)) return { file: 'none', rest: rest.length };
  const isRight = (await sandbox.read(`models/${target}`)).equals(right);
  return { file: isRight ? 'right' : 'wrong', rest: rest.length };
}

const whole = { file: 'right', rest: 0 };
const status = (code: number, headers: Record<string, string> = {}): FaultKind => ({
  kind: 'status',
  status: code,
  headers,
});
const noAnswer: FaultKind = { kind: 'delay', ms: Infinity };

/** The end of a transfer that fails. */
interface Failure {
  readonly ends: number;
  readonly says: string | RegExp;
  /** Requests to the storage host; any number by default. */
  readonly requests?: number;
  /** Requests for a URL; 1 by default. */
  readonly urls?: number;
  /** The default of the command by default. */
  readonly retryCount?: number;
  /** Whether the next run can resume. */
  readonly keeps?: boolean;
  /** In milliseconds; any by default. */
  readonly waits?: readonly number[];
}

/** Three quarters of 1, 2 and 4 seconds, since `random` returns 0.5; of 10, 20 and 30 seconds after a limit. */
const backoff = [750, 1500, 3000];
const slowBackoff = [7500, 15_000, 22_500];

describe('a storage host that never gives the file', () => {
  const rejectsUrl = (code: number) => ({
    ends: 5,
    says: `rejected the download URL (status ${code})`,
    requests: 4,
    urls: 4,
    waits: [],
  });
  const failsWith = (code: number, waits = backoff) => ({
    ends: 5,
    says: `failed with status ${code}.`,
    requests: 4,
    waits,
  });
  const bothSums = `wrong SHA256: expected ${fileHash(file, 'SHA256')}, got [0-9A-F]{64}`;
  const notTheFile = (what: string) => new RegExp(`${bothSums}. The server sent ${what}, not the file.`);
  const wrongChecksum = {
    ends: 1,
    says: new RegExp(bothSums),
    requests: 3,
  };
  const rows: readonly (readonly [name: string, faults: readonly FaultKind[], Failure])[] = [
    ['400', [status(400)], { ends: 5, says: 'unexpected status 400', requests: 1, waits: [] }],
    ['401', [status(401)], rejectsUrl(401)],
    ['403', [status(403)], rejectsUrl(403)],
    ['404', [status(404)], { ends: 4, says: 'was not found on', requests: 1, waits: [] }],
    ['408', [status(408)], failsWith(408)],
    ['410', [status(410)], rejectsUrl(410)],
    // A host that answers ranges wrongly is asked twice more for the whole.
    ['416 to a request for all of it', [status(416)], { ends: 1, says: 'has changed', requests: 5 }],
    ['429', [status(429)], { ends: 6, says: 'too many requests', requests: 4, waits: slowBackoff }],
    [
      '429 with Retry-After',
      [status(429, { 'Retry-After': '7' })],
      { ends: 6, says: 'too many requests', requests: 4, waits: [7000, 7000, 7000] },
    ],
    ['500', [status(500)], failsWith(500)],
    ['503', [status(503)], failsWith(503)],
    ['503 with Retry-After', [status(503, { 'Retry-After': '2' })], failsWith(503, [2000, 2000, 2000])],
    ['500 after a cut', [{ kind: 'truncate', after: cut }, status(500)], { ...failsWith(500), keeps: true }],
    [
      'no answer',
      [noAnswer],
      { ends: 5, says: /\S+ did not answer in time/, retryCount: 1, requests: 2, waits: [750] },
    ],
    [
      'a reset before the head',
      [{ kind: 'reset', after: 0 }],
      { ends: 5, says: /connection to \S+ broke/, requests: 4, waits: backoff },
    ],
    [
      'silence at a byte',
      [{ kind: 'stall', at: cut }],
      { ends: 5, says: /\S+ did not answer in time/, retryCount: 1, requests: 2, keeps: true },
    ],
    [
      'a reset at a byte',
      [{ kind: 'reset', at: cut }],
      { ends: 5, says: /connection to \S+ broke/, requests: 4, keeps: true },
    ],
    [
      'an end at a byte',
      [{ kind: 'truncate', at: cut }],
      { ends: 5, says: /connection to \S+ broke/, requests: 4, keeps: true },
    ],
    [
      'a shorter file',
      [{ kind: 'truncate', after: cut, shortLength: true }],
      { ends: 1, says: `The server sent ${cut} bytes; about ${size} were expected.`, requests: 3 },
    ],
    ['one wrong bit', [{ kind: 'corrupt', at: 100_000 }], wrongChecksum],
    ['other bytes', [{ kind: 'wrongBytes' }], wrongChecksum],
    [
      'another part than asked for',
      [{ kind: 'wrongContentRange', start: 10 }],
      { ends: 1, says: 'sent a different part of the file than requested', requests: 5 },
    ],
    [
      'another part after a cut',
      [
        { kind: 'truncate', after: cut },
        { kind: 'wrongContentRange', start: 10 },
      ],
      // The last two requests are for the whole file.
      { ends: 1, says: 'sent a different part of the file than requested', requests: 6 },
    ],
    [
      'another size',
      [{ kind: 'wrongContentRange', total: 999_999 }],
      { ends: 1, says: 'sent a different part of the file than requested' },
    ],
    ['a page', [{ kind: 'html' }], { ends: 1, says: notTheFile('a web page'), requests: 3 }],
    [
      'an error as JSON',
      [{ kind: 'json' }],
      { ends: 1, says: notTheFile('an error message in JSON'), requests: 3 },
    ],
    ['it packed', [{ kind: 'gzip' }], { ends: 1, says: notTheFile('a gzip-compressed file'), requests: 3 }],
    [
      'a redirect in circles',
      [{ kind: 'redirect', to: ({ url }) => url }],
      { ends: 5, says: 'redirected more than 5 times' },
    ],
  ];

  it.each(rows)('fails the download, and the next run mends it: %s', async (_name, faults, failure) => {
    always(...faults);
    const args = failure.retryCount === undefined ? [] : ['--retry-count', String(failure.retryCount)];
    const ended = await download(args, { networkTimeoutMs });
    expect(ended.stderr).toContain(`\n${model}: `);
    expect(ended.stderr).toMatch(failure.says);
    expect(ended.status).toBe(failure.ends);
    expect(ended.stdout).toBe('');
    if (failure.requests) expect(asked('storage')).toBe(failure.requests);
    expect(asked('download')).toBe(failure.urls ?? 1);
    if (failure.waits) expect(ended.waits).toEqual(failure.waits);
    const left = await onDisk();
    expect(left.file).toBe('none');
    expect(left.rest > 0).toBe(failure.keeps ?? false);

    civitai.reset();
    expect(await download()).toMatchObject({ status: 0 });
    expect(await onDisk()).toEqual(whole);
    expect(ranges()).toEqual([failure.keeps ? expect.stringMatching(/^bytes=[1-9]\d*-/) : undefined]);
  });

  const some = ['404', '500', 'a reset at a byte', 'a shorter file', 'one wrong bit', 'a page'];
  const someRows = rows.filter(([name]) => some.includes(name));
  it.each(someRows)('leaves what was under the name before: %s', async (_name, faults, { ends }) => {
    const before = Buffer.alloc(1000, 'before');
    await sandbox.write(`models/${target}`, before);
    always(...faults);
    const ended = await download([], { networkTimeoutMs });
    expect(ended.status).toBe(ends);
    expect((await sandbox.read(`models/${target}`)).equals(before)).toBe(true);
  });
});

describe('a storage host that is itself again at once', () => {
  /** Requests to the storage host (2 by default) and for a URL (1 by default). */
  type Healing = { readonly requests?: number; readonly urls?: number; readonly resumes?: boolean };
  const truncate: FaultKind = { kind: 'truncate', after: cut };
  const rows: readonly (readonly [name: string, faults: readonly FaultKind[], Healing])[] = [
    ['401', [status(401)], { urls: 2 }],
    ['403', [status(403)], { urls: 2 }],
    ['403 after a cut', [truncate, status(403)], { requests: 3, urls: 2, resumes: true }],
    ['408', [status(408)], {}],
    ['416 after a cut', [truncate, status(416)], { requests: 3 }],
    ['429', [status(429)], {}],
    ['500', [status(500)], {}],
    ['503', [status(503)], {}],
    ['no answer', [noAnswer], {}],
    ['a late answer', [{ kind: 'delay', ms: 50 }], { requests: 1 }],
    ['a slow one', [{ kind: 'slow', bytesPerSecond: 2_000_000 }], { requests: 1 }],
    ['silence after some bytes', [{ kind: 'stall', after: cut }], { resumes: true }],
    ['a reset before the head', [{ kind: 'reset', after: 0 }], {}],
    ['a reset after some bytes', [{ kind: 'reset', after: cut }], { resumes: true }],
    ['an end after some bytes', [truncate], { resumes: true }],
    ['an end before the last byte', [{ kind: 'truncate', at: size - 1 }], { resumes: true }],
    ['a shorter file', [{ ...truncate, shortLength: true }], {}],
    ['one wrong bit', [{ kind: 'corrupt', at: 100_000 }], {}],
    ['other bytes', [{ kind: 'wrongBytes' }], {}],
    // The part file is emptied before the whole is requested again.
    ['all of it after a cut', [truncate, { kind: 'noRanges' }], { requests: 3 }],
    ['another part after a cut', [truncate, { kind: 'wrongContentRange', start: 10 }], { requests: 3 }],
    [
      'another size after a cut',
      [truncate, { kind: 'wrongContentRange', total: 999_999 }],
      { requests: 3, resumes: true },
    ],
    ['no length', [{ kind: 'noLength' }], { requests: 1 }],
    ['another tag after a cut', [truncate, { kind: 'changedTag' }], { resumes: true }],
    ['a page', [{ kind: 'html' }], {}],
    ['an error as JSON', [{ kind: 'json' }], {}],
    ['it packed', [{ kind: 'gzip' }], {}],
    ['a redirect to itself', [{ kind: 'redirect', to: ({ url }) => url }], {}],
  ];

  it.each(rows)(
    'costs no more than a retry: %s',
    async (_name, faults, { requests = 2, urls = 1, resumes }) => {
      once(...faults);
      const ended = await download([], { networkTimeoutMs });
      expect(ended.status).toBe(0);
      expect(ended.stderr).toContain('SHA256 verified');
      expect(await onDisk()).toEqual(whole);
      expect(asked('storage')).toBe(requests);
      expect(asked('download')).toBe(urls);
      if (resumes) expect(ranges().at(-1)).toMatch(/^bytes=[1-9]\d*-/);
    },
  );

  it('is asked for the same state of a file without a SHA256 after a cut', async () => {
    once(truncate);
    const unscanned = [String(ids.unscanned.model), 'models', '-i', '0'];
    expect(await runInProcess(unscanned, sandbox, {})).toMatchObject({ status: 0 });
    const [first, second] = civitai.requestsTo('storage');
    expect(first?.headers['if-range']).toBeUndefined();
    expect(second?.headers.range).toBe(`bytes=${cut}-`);
    expect(second?.headers['if-range']).toMatch(/^"[0-9a-f]+-\d+"$/);
  });

  it('is asked for any state of a file with a SHA256, which decides', async () => {
    once(truncate);
    await download();
    expect(ranges()).toEqual([undefined, `bytes=${cut}-`]);
    expect(civitai.requestsTo('storage').map(({ headers }) => headers['if-range'])).toEqual([
      undefined,
      undefined,
    ]);
  });
});

describe('--retry-count', () => {
  it.each([0, 1, 5])('is how often a failing storage host is asked again: %i', async (count) => {
    always(status(503));
    const { status: ends, waits } = await download(['--retry-count', String(count)]);
    expect(ends).toBe(5);
    expect(asked('storage')).toBe(count + 1);
    expect(waits).toHaveLength(count);
  });

  it.each([
    [1, 5],
    [2, 0],
  ])('counts for a transfer as a whole, whichever of its requests fail: %i', async (count, ends) => {
    civitai.fault({ on: 'download', kind: 'status', status: 500 });
    once(status(503));
    expect(await download(['--retry-count', String(count)])).toMatchObject({ status: ends });
  });

  it('starts anew with each new byte', async () => {
    for (let times = 0; times < 4; times++) once({ kind: 'truncate', after: 30_000 });
    expect(await download(['--retry-count', '1'])).toMatchObject({ status: 0 });
    expect(await onDisk()).toEqual(whole);
  });
});

/** Images are downloaded in parallel, even if the model file is refused. */
const withoutImages = async () => (await sandbox.tree()).filter((name) => !name.includes('extra_data-'));

describe('a file that is not what its name or its list of hashes says', () => {
  it.each([
    ['no safetensors', ids.unprovenKind, 'what the server sent is not a safetensors file'],
    ['of another SHA256', ids.wrongSha256, `wrong SHA256: expected ${'BAD0'.repeat(16)}, got `],
  ])('is refused: %s', async (_name, { model: id }, says) => {
    const { status: ends, stderr } = await runInProcess([String(id), 'models'], sandbox);
    expect(ends).toBe(1);
    expect(stderr).toContain(says);
    expect(await withoutImages()).toEqual([]);
  });

  it('is refused by its CRC32 where there is nothing better', async () => {
    always({ kind: 'corrupt', at: 1000 });
    const { status: ends, stderr } = await runInProcess([String(ids.onlyCrc32.model), 'models'], sandbox);
    expect(ends).toBe(1);
    expect(stderr).toMatch(/wrong CRC32: expected [0-9A-F]{8}, got [0-9A-F]{8}/);
    expect(await withoutImages()).toEqual([]);
  });
});
