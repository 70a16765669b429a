import { expect } from 'vitest';
import { civitai, test } from '../harness/fixture.js';
import { ids } from './catalog.js';
import { startCivitai } from './civitai.js';

async function signedUrl(version: number): Promise<string> {
  const response = await fetch(`${civitai.url}/api/download/models/${version}`, {
    headers: { Authorization: `Bearer ${civitai.goodKey}` },
    redirect: 'manual',
  });
  return response.headers.get('location') ?? '';
}

const r2 = () => signedUrl(ids.anything.version);
const b2 = () => signedUrl(ids.mainExample.version);

test('R2 sends an entity tag, B2 none but its own headers', async () => {
  const fromR2 = await fetch(await r2());
  const fromB2 = await fetch(await b2());
  expect(fromR2.headers.get('etag')).toMatch(/^"[0-9a-f]{32}-1"$/);
  expect(fromR2.headers.get('content-type')).toBe('binary/octet-stream');
  expect(fromR2.headers.get('content-disposition')).toBe('attachment; filename="anythingV3_fp16.ckpt"');
  expect(fromB2.headers.get('etag')).toBeNull();
  expect(fromB2.headers.get('x-bz-content-sha1')).toBe('none');
  expect(fromB2.headers.get('content-length')).toBe('3145733');
  await Promise.all([fromR2.arrayBuffer(), fromB2.arrayBuffer()]);
});

test.each([
  ['bytes=0-0', 'bytes 0-0/3145733'],
  ['bytes=3000000-', 'bytes 3000000-3145732/3145733'],
  ['bytes=-10', 'bytes 3145723-3145732/3145733'],
  ['bytes=5-99999999', 'bytes 5-3145732/3145733'],
])('%s is answered with %s', async (range, contentRange) => {
  const url = await b2();
  const whole = Buffer.from(await (await fetch(url)).arrayBuffer());
  const part = await fetch(url, { headers: { Range: range } });
  expect([part.status, part.headers.get('content-range')]).toEqual([206, contentRange]);
  const [start = 0, end = 0] = contentRange.match(/\d+/g)?.map(Number) ?? [];
  expect(whole.subarray(start, end + 1).equals(Buffer.from(await part.arrayBuffer()))).toBe(true);
});

test('a range after the end is answered with 416 and the size', async () => {
  const response = await fetch(await b2(), { headers: { Range: 'bytes=3145733-' } });
  expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */3145733']);
});

test('If-Range with another tag gets the whole file', async () => {
  const url = await r2();
  const tag = (await fetch(url)).headers.get('etag') ?? '';
  const ask = (ifRange: string) => fetch(url, { headers: { Range: 'bytes=10-19', 'If-Range': ifRange } });
  expect((await ask(tag)).status).toBe(206);
  expect((await ask('"other"')).status).toBe(200);
});

test('an Authorization header is refused', async () => {
  const headers = { Authorization: `Bearer ${civitai.goodKey}` };
  expect((await fetch(await r2(), { headers })).status).toBe(400);
  expect((await fetch(await b2(), { headers })).status).toBe(403);
});

test('expired and forged URLs are refused', async () => {
  const urls = [await r2(), await b2()];
  const forged = (urls[0] ?? '').replace('X-Amz-Expires=86400', 'X-Amz-Expires=99999');
  expect((await fetch(forged)).status).toBe(403);
  civitai.expireUrls();
  const [fromR2, fromB2] = await Promise.all(urls.map((url) => fetch(url)));
  expect([fromR2?.status, fromR2?.headers.get('content-type')]).toEqual([403, 'application/xml']);
  expect([fromB2?.status, await fromB2?.json()]).toEqual([401, expect.objectContaining({ status: 401 })]);
});

test('a URL dies when its lifetime is over', async () => {
  const other = await startCivitai({ urlLifetimeSeconds: 0 });
  try {
    const response = await fetch(`${other.url}/api/download/models/${ids.anything.version}`);
    expect(response.status).toBe(403);
  } finally {
    await other.close();
  }
});

test('names that no header can hold are encoded', async () => {
  const names = await Promise.all(
    [ids.names.nul, ids.names.emoji, ids.names.escape].map(async ({ version }) => {
      const response = await fetch(await signedUrl(version), { headers: { Range: 'bytes=0-0' } });
      return Buffer.from(response.headers.get('content-disposition') ?? '', 'latin1').toString();
    }),
  );
  expect(names).toEqual([
    'attachment; filename="nul%00inside.safetensors"',
    'attachment; filename="🏮紙灯籠.safetensors"',
    'attachment; filename="%1B[2Jred.safetensors"',
  ]);
});
