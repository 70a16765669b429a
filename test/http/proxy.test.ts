import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { proxyName, readProxies } from '../../src/http/proxy.js';

const api = new URL('https://civitai.com/api');
const nameOf = (env: Record<string, string>, url = api) => {
  const proxy = readProxies(env)(url);
  return proxy && `${proxy.isSecure ? 'https' : 'http'} ${proxyName(proxy).replace('the proxy ', '')}`;
};

describe('a proxy', () => {
  it.each([
    ['http://proxy.test:3128', 'http proxy.test:3128'],
    ['http://proxy.test:3128/', 'http proxy.test:3128'],
    ['http://proxy.test', 'http proxy.test:80'],
    ['https://proxy.test', 'https proxy.test:443'],
    ['HTTPS://Proxy.Test:8443', 'https proxy.test:8443'],
    ['proxy.test:3128', 'http proxy.test:3128'],
    ['localhost:3128', 'http localhost:3128'],
    ['proxy.test', 'http proxy.test:80'],
    ['10.0.0.1:8080', 'http 10.0.0.1:8080'],
    ['[::1]:8080', 'http [::1]:8080'],
    ['user:p%40ss@proxy.test:3128', 'http proxy.test:3128'],
  ])('%s is used', (text, name) => {
    expect(nameOf({ HTTPS_PROXY: text })).toBe(name);
  });

  it.each([
    ['http://user:secret@proxy.test', 'user:secret'],
    ['http://user@proxy.test', 'user:'],
    ['http://us%3Aer:p%40ss%2Fw%25@proxy.test', 'us:er:p@ss/w%'],
    ['http://j%C3%B6rg:geheim@proxy.test', 'jörg:geheim'],
    ['http://:secret@proxy.test', ':secret'],
    ['http://proxy.test', undefined],
  ])('%s gets its user name and password', (text, credentials) => {
    const sent =
      credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`;
    expect(readProxies({ HTTPS_PROXY: text })(api)?.authorization).toBe(sent);
  });

  it.each([
    ['socks5://user:secret@proxy.test:1080', "names a proxy of the kind 'socks5'."],
    ['socks4a://proxy.test', "names a proxy of the kind 'socks4a'."],
    ['ftp://proxy.test', "names a proxy of the kind 'ftp'."],
    [' http://proxy.test', 'contains blanks'],
    ['http://user:secret @proxy.test', 'contains blanks'],
    ['   ', 'contains blanks'],
    ['http://proxy.test\r', 'contains blanks'],
    ['http://user:100%secret@proxy.test', 'has a % in its user name or password'],
    ['http://us%er:secret@proxy.test', 'has a % in its user name or password'],
    ['http://user:secret%ff@proxy.test', 'has a % in its user name or password'],
    ['http://', 'is not the URL of a proxy'],
    ['http://proxy.test:99999', 'is not the URL of a proxy'],
    ['http://proxy.test:0', 'is not the URL of a proxy'],
    ['http://user:sec/ret@proxy.test:3128', 'is not the URL of a proxy'],
    ['http://user:1/secret@proxy.test:3128', 'is not the URL of a proxy'],
    ['http://user:1#secret@proxy.test:3128', 'is not the URL of a proxy'],
    ['http://[proxy.test:3128', 'is not the URL of a proxy'],
  ])('%j is a usage error that names the variable, and no password', (text, problem) => {
    for (const name of ['https_proxy', 'HTTPS_PROXY', 'ALL_PROXY', 'HTTP_PROXY']) {
      const read = () => readProxies({ [name]: text });
      expect(read).toThrow(UsageError);
      expect(read).toThrow(`${name} ${problem}`);
      expect(read).not.toThrow(/sec/);
    }
  });
});

describe('the variable of a proxy', () => {
  it.each([
    [{}, undefined],
    [{ HTTPS_PROXY: '' }, undefined],
    [{ https_proxy: 'a:1', HTTPS_PROXY: 'b:1' }, 'http a:1'],
    [{ https_proxy: '', HTTPS_PROXY: 'b:1' }, 'http b:1'],
    [{ HTTPS_PROXY: 'b:1', ALL_PROXY: 'c:1', HTTP_PROXY: 'd:1' }, 'http b:1'],
    [{ all_proxy: 'c:1', HTTP_PROXY: 'd:1' }, 'http c:1'],
    [{ ALL_PROXY: 'c:1' }, 'http c:1'],
    [{ HTTP_PROXY: 'd:1' }, 'http d:1'],
    // Many desktops set both. What is not used need not be usable.
    [{ HTTPS_PROXY: 'b:1', ALL_PROXY: 'socks5://c:1' }, 'http b:1'],
    [{ HTTPS_PROXY: 'b:1', HTTP_PROXY: 'http://x:%@d' }, 'http b:1'],
  ])('of %j leads to %s', (env, name) => {
    expect(nameOf(env as Record<string, string>)).toBe(name);
  });
});

describe('NO_PROXY', () => {
  it.each([
    ['civitai.com', 'https://civitai.com/', true],
    ['civitai.com', 'https://image.civitai.com/', true],
    ['.civitai.com', 'https://image.civitai.com/', true],
    ['*.civitai.com', 'https://image.civitai.com/', true],
    ['.civitai.com', 'https://civitai.com/', true],
    ['civitai.com', 'https://notcivitai.com/', false],
    ['civitai.com', 'https://civitai.com.evil.test/', false],
    ['CIVITAI.com', 'https://civitai.com/', true],
    ['civitai.com', 'https://civitai.com./', true],
    ['*', 'https://anything.test/', true],
    ['a.test, civitai.com', 'https://civitai.com/', true],
    ['a.test civitai.com', 'https://civitai.com/', true],
    ['a.test,,b.test', 'https://civitai.com/', false],
    ['civitai.com:443', 'https://civitai.com/', true],
    ['civitai.com:8443', 'https://civitai.com/', false],
    ['civitai.com:8443', 'https://civitai.com:8443/', true],
    ['10.1.2.3', 'https://10.1.2.3/', true],
    ['10.0.0.0/8', 'https://10.200.0.1/', true],
    ['10.0.0.0/8', 'https://11.0.0.1/', false],
    ['10.0.0.0/8', 'https://10.example.test/', false],
    ['192.168.0.0/33', 'https://192.168.0.1/', false],
    ['192.168.0.0/x', 'https://192.168.0.1/', false],
    ['0.0.0.0/0', 'https://203.0.113.1/', true],
    ['fd00::/8', 'https://[fd12::1]/', true],
    ['fd00::/8', 'https://[fe80::1]/', false],
    ['[fd12::1]', 'https://[fd12::1]/', true],
    ['[fd12::1]:443', 'https://[fd12::1]/', true],
    ['[fd12::1]:444', 'https://[fd12::1]/', false],
    ['fd12::1', 'https://[fd12::1]/', true],
  ])('%s for %s: %s', (text, url, isDirect) => {
    for (const name of ['no_proxy', 'NO_PROXY'])
      expect(nameOf({ HTTPS_PROXY: 'p:1', [name]: text }, new URL(url)) === undefined).toBe(isDirect);
  });
});

it.each([
  'http://localhost:3000/',
  'https://localhost/',
  'http://127.0.0.1:3000/',
  'https://127.9.8.7/',
  'http://[::1]:3000/',
  'https://[::ffff:127.0.0.1]/',
  'https://api.localhost/',
  'https://localhost./',
])('%s never goes through a proxy', (url) => {
  expect(nameOf({ HTTPS_PROXY: 'p:1', HTTP_PROXY: 'p:1', ALL_PROXY: 'p:1' }, new URL(url))).toBeUndefined();
});
