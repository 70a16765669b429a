import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished } from 'vitest';
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

it.for([[['--proxy', 'none']], [['--no-proxy']]])(
  '%j reaches the server without the proxy of the environment',
  async ([none = []]) => {
    const proxies = { HTTP_PROXY: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9' };
    const args = [model, 'models', '-i', '0', ...none];
    expect(await runInProcess(args, sandbox, { env: proxies })).toMatchObject({ status: 0 });
  },
);

const GO_WITHOUT =
  "Check it and the connection, or do without it: pass --no-proxy to civitdl, or run 'civitconfig default --no-proxy'.";
const textOf = ({ stderr }: { readonly stderr: string }) => stderr.replace(/\s+/g, ' ');

describe('a proxy that cannot be reached', () => {
  const DOWN = '127.0.0.1:9';
  const failed = `Cannot reach the proxy ${DOWN} (ECONNREFUSED).`;

  it('is told with the variable that names it, and how to go without', async () => {
    const ended = await download();
    expect(textOf(ended)).toContain(`${failed} The proxy is that of HTTPS_PROXY. ${GO_WITHOUT}`);
    expect(ended.status).toBe(5);
  });

  it('is told to be the typed one', async () => {
    expect(textOf(await download('--proxy', DOWN))).toContain(
      `${failed} The proxy is the typed one. ${GO_WITHOUT}`,
    );
    const args = ['info', model, '--proxy', DOWN, '--retry-count', '0'];
    expect(textOf(await runInProcess(args, sandbox, { env }))).toContain('The proxy is the typed one.');
  });

  it('is told to be the stored one, by each command', async () => {
    await civitconfig('default', '--proxy', DOWN);
    const stored = `${failed} The proxy is the stored one. ${GO_WITHOUT}`;
    expect(textOf(await download())).toContain(stored);
    const info = await runInProcess(['info', model, '--retry-count', '0'], sandbox, { env });
    expect(textOf(info)).toContain(stored);
    await civitconfig('login');
    expect(textOf(await civitconfig('whoami'))).toContain(stored);
  });
});

it('Without a proxy, nothing is said of one when the server cannot be reached', async () => {
  const { status, stderr } = await download('--no-proxy');
  expect(status).toBe(5);
  expect(stderr).toContain('Check the connection, then run the command again.');
  expect(stderr.replace(/^To retry[\s\S]*/m, '')).not.toMatch(/prox/i);
});
