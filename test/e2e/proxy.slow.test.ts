import { expect, onTestFinished } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { run } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { type ForwardProxy, startProxy } from '../harness/proxy.js';

async function proxy(credentials?: string): Promise<ForwardProxy> {
  const started = await startProxy(credentials === undefined ? {} : { credentials });
  onTestFinished(() => started.close());
  return started;
}

const download = (env: Record<string, string>) =>
  run('civitdl', [String(ids.anything.model), 'models', '-i', '1'], sandbox, { env });

const hosts = () => Object.values(civitai.origins).map((origin) => new URL(origin).host);

it.each(['HTTP_PROXY', 'http_proxy'])(
  'the API, the file and the image come through the proxy of %s',
  async (name) => {
    const { url, seen } = await proxy();
    const { status, stderr } = await download({ [name]: url });
    expect(stderr).toContain('SHA256 verified');
    expect(status).toBe(0);
    const [api = '', r2 = '', , images = ''] = hosts();
    for (const host of [api, r2, images]) expect(seen.some((request) => request.includes(host))).toBe(true);
  },
);

it('a proxy that wants a name and a password gets those of its URL', async () => {
  const { url, seen } = await proxy('somebody:secret');
  const { status, stderr } = await download({ HTTP_PROXY: url });
  expect(status).toBe(0);
  expect(seen.length).toBeGreaterThan(0);
  expect(stderr).not.toContain('secret');
});

it('NO_PROXY names hosts that are reached without it', async () => {
  const { url, seen } = await proxy();
  const { status } = await download({ HTTP_PROXY: url, NO_PROXY: '127.0.0.1' });
  expect(status).toBe(0);
  expect(seen).toEqual([]);
});

it('a proxy that is not there is an error that names the proxy settings', async () => {
  const gone = await startProxy();
  await gone.close();
  const { status, stderr } = await download({ HTTP_PROXY: gone.url, PATH: process.env.PATH ?? '' });
  expect(status).toBe(5);
  expect(stderr).toContain('proxy settings');
});
