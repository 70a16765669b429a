import { describe, expect, onTestFinished } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { run } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { startHttpsCivitai } from '../harness/https-civitai.js';
import { type ForwardProxy, type ProxyOptions, startProxy } from '../harness/proxy.js';
import { rawServer } from '../harness/raw-server.js';

const SECRET = 's3cretpw';
const download = (env: Record<string, string>, args: readonly string[] = []) =>
  run('civitdl', [String(ids.anything.model), 'models', '-i', '1', ...args], sandbox, { env });

/** Starts Civitai behind a proxy, under names that only the proxy knows. */
async function behindProxy(options: ProxyOptions = {}): Promise<{
  readonly proxy: ForwardProxy;
  readonly env: Record<string, string>;
}> {
  const server = await startHttpsCivitai(civitai);
  const proxy = await startProxy({ ...options, route: () => server.port });
  onTestFinished(async () => {
    await proxy.close();
    await server.close();
  });
  const NODE_EXTRA_CA_CERTS = await sandbox.write('authority.pem', server.certificate);
  return { proxy, env: { CIVITAI_BASE_URL: server.url, NODE_EXTRA_CA_CERTS } };
}

describe('everything', () => {
  it.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy', 'HTTP_PROXY'])(
    'comes through the proxy of %s',
    async (name) => {
      const { proxy, env } = await behindProxy();
      const { status, stderr } = await download({ ...env, [name]: proxy.url });
      expect(stderr).toContain('SHA256 verified');
      expect(status).toBe(0);
      const hosts = new Set(proxy.seen);
      for (const host of ['api', 'r2', 'images']) expect(hosts).toContain(`CONNECT ${host}.civitai.test:443`);
      expect((await sandbox.tree()).filter((file) => file.endsWith('.jpeg'))).toHaveLength(1);
    },
  );

  it('comes through a proxy whose URL has no scheme', async () => {
    const { proxy, env } = await behindProxy();
    expect(await download({ ...env, HTTPS_PROXY: new URL(proxy.url).host })).toMatchObject({ status: 0 });
  });

  it('comes through a proxy that wants a user name and a password, which no output shows', async () => {
    const { proxy, env } = await behindProxy({ credentials: `somebody:${SECRET}` });
    const { status, stdout, stderr } = await download({ ...env, HTTPS_PROXY: proxy.url }, ['--verbose']);
    expect(status).toBe(0);
    expect(stdout + stderr).not.toContain(SECRET);
  });

  it('on loopback is reached without a proxy', async () => {
    const { proxy } = await behindProxy();
    const { status } = await download({
      HTTPS_PROXY: proxy.url,
      HTTP_PROXY: proxy.url,
      ALL_PROXY: proxy.url,
    });
    expect(status).toBe(0);
    expect(proxy.seen).toEqual([]);
  });

  it('but the hosts of NO_PROXY comes through a proxy', async () => {
    const { proxy, env } = await behindProxy();
    const NO_PROXY = 'other.test, images.civitai.test:443';
    const { status, stderr } = await download({ ...env, HTTPS_PROXY: proxy.url, NO_PROXY }, [
      '--retry-count',
      '0',
    ]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/Cannot reach images\.civitai\.test/);
    expect(proxy.seen.filter((request) => request.includes('images'))).toEqual([]);
  });
});

describe('a proxy', () => {
  const BASE = { CIVITAI_BASE_URL: 'https://api.civitai.test' };

  it('that is not there is an error that names it, where it comes from and how to go without', async () => {
    const gone = await startProxy();
    await gone.close();
    const { status, stderr } = await download({ ...BASE, HTTPS_PROXY: gone.url }, ['--retry-count', '0']);
    expect(status).toBe(5);
    expect(stderr).toContain(`Cannot reach the proxy ${new URL(gone.url).host} (ECONNREFUSED).`);
    expect(stderr).toContain('The proxy is that of HTTPS_PROXY.');
    expect(stderr).toContain('--no-proxy');
  });

  it.each([
    [
      '407 Proxy Authentication Required',
      'rejected the user name and password in HTTPS_PROXY (status 407).',
      1,
    ],
    ['403 Forbidden', 'refused to connect to api.civitai.test:443 (status 403).', 1],
    ['502 Bad Gateway', 'refused to connect to api.civitai.test:443 (status 502).', 2],
  ])('that answers %s is told, and asked again only where that may help', async (status, problem, times) => {
    const { url, requests } = await rawServer(({ socket }) => socket.end(`HTTP/1.1 ${status}\r\n\r\n`));
    const env = { ...BASE, HTTPS_PROXY: `http://somebody:${SECRET}@${url.host}` };
    const ended = await download(env, ['--retry-count', '1', '--verbose']);
    expect(ended.status).toBe(5);
    expect(ended.stderr).toContain(`The proxy ${url.host} ${problem}`);
    expect(ended.stderr).not.toContain(SECRET);
    expect(requests).toHaveLength(times);
  });

  it('that closes on CONNECT is asked once, and once for each retry', async () => {
    const { url, requests } = await rawServer(({ socket }) => socket.end());
    const { status } = await download({ ...BASE, HTTPS_PROXY: url.host }, ['--retry-count', '1']);
    expect(status).toBe(5);
    expect(requests).toHaveLength(2);
  });
});

it.each([
  ['HTTPS_PROXY', `socks5://somebody:${SECRET}@127.0.0.1:1080`, "names a proxy of the kind 'socks5'"],
  ['ALL_PROXY', 'socks5://127.0.0.1:1080', "names a proxy of the kind 'socks5'"],
  ['https_proxy', ' ', 'contains blanks'],
  ['HTTPS_PROXY', `http://somebody:${SECRET}%@proxy.test`, 'has a % in its user name or password'],
  ['HTTP_PROXY', `http://somebody:1/${SECRET}@proxy.test`, 'is not the URL of a proxy'],
])('%s=%j is a usage error', async (name, value, problem) => {
  const ended = await download({ [name]: value });
  expect(ended.status).toBe(2);
  expect(ended.stderr).toContain(`${name} ${problem}`);
  expect(ended.stderr).not.toContain(SECRET);
  expect(civitai.requests).toEqual([]);
});
