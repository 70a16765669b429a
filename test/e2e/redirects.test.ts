import { afterAll, beforeAll, beforeEach, describe, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import type { FaultKind } from '../fake-civitai/civitai.js';
import { fileBytes } from '../harness/catalog-bytes.js';
import { run } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { type HttpsServer, startHttps } from '../harness/https-server.js';
import { runInProcess } from '../harness/in-process.js';

const { model, file } = ids.anything;
const right = fileBytes(file);
const target = 'anythingV3_fp16/anythingV3_fp16-mid_66-vid_75.ckpt';

let secure: HttpsServer;
beforeAll(async () => {
  secure = await startHttps((request, response) => {
    if (request.url === '/file') response.end(right);
    else response.writeHead(302, { location: civitai.origins.r2 }).end();
  });
});
afterAll(() => secure.close());
beforeEach(() => {
  secure.requests.length = 0;
});

const args = [String(model), 'models', '-i', '0'];
const download = () => runInProcess(args, sandbox, { env: { CIVITAI_API_KEY: civitai.goodKey } });
const redirect = (
  on: 'download' | 'storage',
  to: Extract<FaultKind, { kind: 'redirect' }>['to'],
  times = 1,
) => civitai.fault({ on, kind: 'redirect', to, times });
const authorizations = () =>
  civitai.requests.filter(({ host }) => host !== 'api').map(({ headers }) => headers.authorization);
const isThere = async () => (await sandbox.read(`models/${target}`)).equals(right);

describe('a redirect of the storage host', () => {
  it('is followed to another origin of this machine, without the key', async () => {
    redirect('storage', ({ url }) => url.replace('127.0.0.1', 'localhost'));
    expect(await download()).toMatchObject({ status: 0 });
    expect(await isThere()).toBe(true);
    expect(civitai.requestsTo('storage').map(({ headers }) => headers.host?.split(':')[0])).toEqual([
      '127.0.0.1',
      'localhost',
    ]);
    expect(authorizations()).toEqual([undefined, undefined]);
  });

  it('is followed through as many as five hops', async () => {
    redirect('storage', ({ url }) => url, 5);
    expect(await download()).toMatchObject({ status: 0 });
    expect(civitai.requestsTo('storage')).toHaveLength(6);
  });

  it.each([
    [
      'http://storage.example/file?signature=s3cret',
      'Refused to fetch http://storage.example/file?…: it is not https',
    ],
    ['ftp://127.0.0.1/file', 'it is not https'],
    ['http://', 'redirects to an invalid URL'],
  ])('is refused to %s', async (to, says) => {
    for (const on of ['storage', 'download'] as const) {
      civitai.reset();
      redirect(on, to, Infinity);
      const { status, stderr, waits } = await download();
      expect(stderr).toContain(says);
      expect(stderr).not.toContain('s3cret');
      expect(status).toBe(5);
      expect(waits).toEqual([]);
      expect(await sandbox.tree()).toEqual([]);
    }
  });

  it('is refused in circles', async () => {
    redirect('storage', ({ url }) => url, Infinity);
    const { status, stderr } = await download();
    expect(status).toBe(5);
    expect(stderr).toContain('redirected more than 5 times');
    expect(await sandbox.tree()).toEqual([]);
  });
});

describe('a redirect to https', () => {
  const overHttps = async (trusted: boolean) => {
    const certificate = await sandbox.write('certificate.pem', secure.certificate);
    const trust = trusted ? { NODE_EXTRA_CA_CERTS: certificate } : {};
    return run('civitdl', args, sandbox, { env: { CIVITAI_API_KEY: civitai.goodKey, ...trust } });
  };

  it('is followed to an origin whose certificate is trusted, without the key', async () => {
    redirect('storage', `${secure.origin}/file`);
    const { status, stderr } = await overHttps(true);
    expect(stderr).toContain('SHA256 verified');
    expect(status).toBe(0);
    expect(await isThere()).toBe(true);
    expect(secure.requests.map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  it('is refused where the certificate is not trusted', async () => {
    redirect('storage', `${secure.origin}/file`);
    const { status, stderr } = await overHttps(false);
    expect(stderr).toMatch(/The certificate of 127\.0\.0\.1:\d+ is not trusted/);
    expect(status).toBe(5);
    expect(secure.requests).toEqual([]);
    expect(await sandbox.tree()).toEqual([]);
  });

  it('does not lead out of https again, not even to this machine', async () => {
    redirect('storage', `${secure.origin}/elsewhere`);
    const { status, stderr } = await overHttps(true);
    expect(stderr).toMatch(
      /Refused a redirect from 127\.0\.0\.1:\d+ to http:\/\/127\.0\.0\.1:\d+\/: it is not https/,
    );
    expect(status).toBe(5);
    expect(civitai.requestsTo('storage')).toHaveLength(1);
    expect(await sandbox.tree()).toEqual([]);
  });
});
