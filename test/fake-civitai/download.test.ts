import { expect } from 'vitest';
import { civitai, test } from '../harness/fixture.js';
import { deadline, ids } from './catalog.js';

function ask(versionAndQuery: string | number, headers: Record<string, string> = {}, method = 'GET') {
  const url = `${civitai.url}/api/download/models/${versionAndQuery}`;
  return fetch(url, { method, headers, redirect: 'manual' });
}

const key = () => ({ Authorization: `Bearer ${civitai.goodKey}` });

/** The size of the file that a download is redirected to. */
async function sizeOf(response: Response): Promise<number> {
  expect(response.status).toBe(307);
  const storage = await fetch(response.headers.get('location') ?? '');
  return (await storage.arrayBuffer()).byteLength;
}

test.each([
  ['0', 400, { error: 'Invalid request' }],
  [`${ids.anything.version}?format=Floppy`, 400, { error: 'Invalid request' }],
  [ids.absent.version, 404, { error: 'File not found' }],
  [ids.archived.version, 410, { error: 'Model archived, not available for download' }],
  [ids.disabled.version, 401, { message: expect.stringContaining('disabled downloads') }],
  [ids.mainExample.version, 401, { message: expect.stringContaining('requires you to be logged in') }],
  [ids.earlyAccess.version, 403, { error: 'Early Access', deadline }],
  [ids.private.version, 403, { error: 'You do not have access to download this file' }],
  [`${ids.anything.version}?fileId=1`, 404, { error: 'File not found' }],
  [`${ids.anything.version}?format=GGUF`, 404, { error: 'File not found' }],
])('%s is refused with %i', async (download, status, body) => {
  const response = await ask(download);
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject(body);
});

test('an access for ever has no deadline, and one that was bought is granted', async () => {
  expect(await (await ask(ids.paidForever.version)).json()).not.toHaveProperty('deadline');
  civitai.account.granted.push(ids.paidForever.version);
  expect((await ask(ids.paidForever.version, key())).status).toBe(307);
});

test('a key opens what wants a login, a wrong one does not, and HEAD never works', async () => {
  expect((await ask(ids.mainExample.version, key())).status).toBe(307);
  expect((await ask(`${ids.mainExample.version}?token=${civitai.goodKey}`)).status).toBe(307);
  expect((await ask(ids.mainExample.version, { Authorization: 'Bearer wrong' })).status).toBe(401);
  expect((await ask(ids.mainExample.version, key(), 'HEAD')).status).toBe(401);
  civitai.setKeys([]);
  expect((await ask(ids.mainExample.version, key())).status).toBe(401);
});

test('what looks like a browser is sent to pages, which answer 200', async () => {
  const agent = { 'User-Agent': 'operator/1' };
  const login = await ask(ids.mainExample.version, agent);
  expect(login.headers.get('location')).toMatch(/^\/login\?returnUrl=.*&reason=download-auth$/);
  const paid = await ask(ids.earlyAccess.version, agent);
  expect(paid.headers.get('location')).toBe(`/model-versions/${ids.earlyAccess.version}`);
  const page = await fetch(new URL(paid.headers.get('location') ?? '', civitai.url));
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  expect(await (await ask(ids.archived.version, agent)).text()).toMatch(/^Model archived/);
});

test('the bare URL means another file to the account than to nobody', async () => {
  const byId = (id: number) => ask(`${ids.sameName.version}?fileId=${id}`);
  const fp16 = await sizeOf(await byId(ids.sameName.fp16File));
  const fp32 = await sizeOf(await byId(ids.sameName.fp32File));
  expect(fp16).not.toBe(fp32);
  expect(await sizeOf(await ask(ids.sameName.version))).toBe(fp16);
  expect(await sizeOf(await ask(ids.sameName.version, key()))).toBe(fp32);
});

test('a linked VAE is not found by its id but by its type', async () => {
  expect((await ask(`${ids.linkedVae.version}?fileId=${ids.linkedVae.vaeFile}`)).status).toBe(404);
  expect((await ask(`${ids.linkedVae.version}?type=VAE`)).status).toBe(307);
});

test('a file can be moved to the other host', async () => {
  const before = await ask(ids.anything.version);
  civitai.moveFile(ids.anything.file, 'b2');
  const after = await ask(ids.anything.version);
  expect(before.headers.get('location')).toMatch(new RegExp(`^${civitai.origins.r2}/model/`));
  expect(after.headers.get('location')).toMatch(new RegExp(`^${civitai.origins.b2}/file/`));
});
