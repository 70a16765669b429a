import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

/** A host that is only reached through a proxy. */
const HOST = 'civitai.test:443';
const model = String(ids.anything.model);

/** Starts a proxy that refuses every connection, and records what it is asked for. */
async function startRefusingProxy() {
  const seen: string[] = [];
  const server = createServer().on('connect', ({ url = '' }, client) => {
    seen.push(url);
    client.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { seen, address: `127.0.0.1:${port}` };
}

const env = { CIVITAI_BASE_URL: `https://${HOST}`, HTTPS_PROXY: 'http://127.0.0.1:9' };
const download = (...args: readonly string[]) =>
  runInProcess([model, 'models', '-i', '0', '--retry-count', '0', ...args], sandbox, { env });
const civitconfig = (...args: readonly string[]) =>
  runInProcess(args, sandbox, { command: 'civitconfig', input: `${civitai.goodKey}\n`, env });

it('--proxy takes the place of the proxy of the environment, with or without its scheme', async () => {
  const { seen, address } = await startRefusingProxy();
  for (const proxy of [`http://${address}`, address]) {
    seen.length = 0;
    expect((await download('--proxy', proxy)).status).toBe(5);
    expect(new Set(seen)).toEqual(new Set([HOST]));
  }
});

it('a stored proxy is used by all commands, and a typed one counts more', async () => {
  const { seen, address } = await startRefusingProxy();
  expect((await civitconfig('default', '--proxy', `http://${address}`)).status).toBe(0);
  await download();
  expect(seen).toContain(HOST);
  seen.length = 0;
  await civitconfig('login');
  expect(seen).toContain(HOST);
  seen.length = 0;
  await download('--proxy', 'environment');
  expect(seen).toEqual([]);
});

it('--proxy none reaches the server without the proxy of the environment', async () => {
  const proxies = { HTTP_PROXY: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9' };
  const args = [model, 'models', '-i', '0', '--proxy', 'none'];
  expect(await runInProcess(args, sandbox, { env: proxies })).toMatchObject({ status: 0 });
});
