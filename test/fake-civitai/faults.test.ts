import { describe, expect } from 'vitest';
import { fileBytes } from '../harness/catalog-bytes.js';
import { civitai, test } from '../harness/fixture.js';
import { ids } from './catalog.js';
import type { FaultKind } from './civitai.js';

const right = fileBytes(ids.anything.file);

const url = () => `${civitai.url}/api/download/models/${ids.anything.version}`;

function spoil(kind: FaultKind): void {
  civitai.fault({ on: 'storage', ...kind });
}

/** Downloads the file, and returns what has arrived, and how it ended. */
async function get(headers: Record<string, string> = {}, { headMs = 20_000, silenceMs = 20_000 } = {}) {
  const controller = new AbortController();
  const startTimer = (ms: number) => setTimeout(() => controller.abort(new Error('timeout')), ms);
  let timer = startTimer(headMs);
  const received: Uint8Array[] = [];
  let bodyEnd = 'whole';
  try {
    const response = await fetch(url(), { headers, signal: controller.signal });
    try {
      for await (const chunk of response.body ?? []) {
        received.push(chunk);
        clearTimeout(timer);
        timer = startTimer(silenceMs);
      }
    } catch {
      bodyEnd = controller.signal.aborted ? 'stalled' : 'broken';
    }
    return { status: response.status, headers: response.headers, bytes: Buffer.concat(received), bodyEnd };
  } finally {
    clearTimeout(timer);
  }
}

const range = { Range: 'bytes=1000-1999' };

describe('cuts', () => {
  test('stall', async () => {
    spoil({ kind: 'stall', after: 1000 });
    const { bytes, bodyEnd } = await get({}, { silenceMs: 300 });
    expect([bytes.length, bodyEnd]).toEqual([1000, 'stalled']);
  });

  test('reset in the body', async () => {
    spoil({ kind: 'reset', after: 1000 });
    const { bytes, bodyEnd } = await get();
    expect([bytes.length, bodyEnd]).toEqual([1000, 'broken']);
  });

  test('reset before the head', async () => {
    spoil({ kind: 'reset', after: 0 });
    await expect(get()).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
    expect(civitai.requestsTo('storage').at(-1)).toMatchObject({ status: 0, completed: false });
  });

  test('truncate', async () => {
    spoil({ kind: 'truncate', after: 1000 });
    const { bytes, bodyEnd } = await get();
    expect([bytes.length, bodyEnd]).toEqual([1000, 'broken']);
  });

  test('truncate with a length that agrees', async () => {
    spoil({ kind: 'truncate', after: 1000, shortLength: true });
    const { bytes, bodyEnd } = await get();
    expect([bytes.length, bodyEnd]).toEqual([1000, 'whole']);
  });

  test('at a byte of the file, in the answer that holds it', async () => {
    spoil({ kind: 'truncate', at: 1500 });
    expect((await get({ Range: 'bytes=0-999' })).bodyEnd).toBe('whole');
    const { bytes, bodyEnd } = await get(range);
    expect([bytes.length, bodyEnd]).toEqual([500, 'broken']);
  });
});

describe('bytes', () => {
  test('corrupt flips a bit of one byte', async () => {
    spoil({ kind: 'corrupt', at: 1500 });
    expect((await get({ Range: 'bytes=0-999' })).bytes.equals(right.subarray(0, 1000))).toBe(true);
    const { bytes } = await get(range);
    expect(bytes[500]).toBe((right[1500] ?? 0) ^ 1);
    expect(bytes.subarray(501).equals(right.subarray(1501, 2000))).toBe(true);
  });

  test('wrongBytes have the right size', async () => {
    spoil({ kind: 'wrongBytes' });
    const { bytes } = await get();
    expect(bytes).toHaveLength(right.length);
    expect(bytes.equals(right)).toBe(false);
  });

  test('gzip', async () => {
    spoil({ kind: 'gzip' });
    const { headers, bytes } = await get();
    expect(headers.get('content-encoding')).toBe('gzip');
    expect(bytes.equals(right)).toBe(true);
  });

  test('slow', async () => {
    spoil({ kind: 'slow', bytesPerSecond: 10_000 });
    const before = performance.now();
    expect((await get(range)).bytes).toHaveLength(1000);
    expect(performance.now() - before).toBeGreaterThan(80);
  });
});

describe('heads', () => {
  test('status', async () => {
    spoil({ kind: 'status', status: 503, body: 'busy', headers: { 'Retry-After': '2' } });
    const { status, headers, bytes } = await get();
    expect([status, headers.get('retry-after'), bytes.toString()]).toEqual([503, '2', 'busy']);
    expect((await get()).status).toBe(200);
  });

  test('delay', async () => {
    spoil({ kind: 'delay', ms: Number.POSITIVE_INFINITY });
    await expect(get({}, { headMs: 100 })).rejects.toThrow('timeout');
  });

  test('noRanges', async () => {
    spoil({ kind: 'noRanges' });
    const { status, headers, bytes } = await get(range);
    expect([status, headers.get('accept-ranges'), bytes.length]).toEqual([200, null, right.length]);
    expect(headers.has('content-range')).toBe(false);
  });

  test('wrongContentRange', async () => {
    spoil({ kind: 'wrongContentRange', start: 500 });
    spoil({ kind: 'wrongContentRange', total: 7 });
    const start = await get(range);
    expect(start.headers.get('content-range')).toBe(`bytes 500-1499/${right.length}`);
    expect(start.bytes.equals(right.subarray(500, 1500))).toBe(true);
    expect((await get(range)).headers.get('content-range')).toBe('bytes 1000-1999/7');
  });

  test('noLength', async () => {
    spoil({ kind: 'noLength' });
    const { headers, bytes } = await get();
    expect([headers.get('content-length'), headers.get('transfer-encoding')]).toEqual([null, 'chunked']);
    expect(bytes.equals(right)).toBe(true);
  });

  test('html and json', async () => {
    spoil({ kind: 'html' });
    spoil({ kind: 'json' });
    const types = [(await get()).headers.get('content-type'), (await get()).headers.get('content-type')];
    expect(types).toEqual(['text/html; charset=utf-8', 'application/json; charset=utf-8']);
  });

  test('changedTag makes If-Range start over', async () => {
    const tag = (await get()).headers.get('etag') ?? '';
    spoil({ kind: 'changedTag', tag: '"new"' });
    const { status, headers } = await get({ ...range, 'If-Range': tag });
    expect([status, headers.get('etag')]).toEqual([200, '"new"']);
  });

  test('redirect, in circles if wanted', async () => {
    civitai.fault({ on: 'download', kind: 'redirect', to: '/login?returnUrl=%2F' });
    expect((await get()).headers.get('content-type')).toContain('text/html');
    civitai.fault({
      on: 'download',
      kind: 'redirect',
      to: ({ url }) => url,
      times: Number.POSITIVE_INFINITY,
    });
    await expect(get()).rejects.toThrow('fetch failed');
  });
});

describe('whom', () => {
  test('where, skip and times', async () => {
    civitai.fault({
      on: 'storage',
      where: ({ headers }) => headers.range !== undefined,
      skip: 1,
      times: 2,
      kind: 'status',
      status: 500,
    });
    const statuses = [await get(), await get(range), await get(range), await get(range), await get(range)];
    expect(statuses.map(({ status }) => status)).toEqual([200, 206, 500, 500, 206]);
  });

  test('faults of one route come one after the other', async () => {
    civitai.fault({ on: 'download', kind: 'status', status: 502 });
    civitai.fault({ on: 'download', kind: 'status', status: 503 });
    expect([(await get()).status, (await get()).status, (await get()).status]).toEqual([502, 503, 200]);
  });
});
