import { describe, expect, it } from 'vitest';
import { withNetworkOptions } from '../../src/http/network-options.js';
import { isValue } from '../../src/options/option-types.js';
import { specOf } from '../../src/options/options.js';
import { userAgent } from '../../src/version.js';

const runtime = {
  env: { HTTPS_PROXY: 'http://of-environment:1', NO_PROXY: 'localhost', NO_COLOR: '1' },
  networkTimeoutMs: 1,
  now: () => 0,
  monotonic: () => 0,
  sleep: async () => {},
};

const apply = (proxy: string, agent = 'civitdl') =>
  withNetworkOptions(runtime as never, { proxy, userAgent: agent }) as typeof runtime & { userAgent: string };

describe('the proxy of the options', () => {
  it.each([
    ['environment', 'http://of-environment:1'],
    ['none', ''],
    ['http://proxy.example:3128', 'http://proxy.example:3128'],
    ['https://proxy.example', 'https://proxy.example'],
    ['proxy.example:3128', 'http://proxy.example:3128'],
  ])('%s is %j in the environment', (proxy, expected) => {
    const { env } = apply(proxy);
    expect(env).toMatchObject({ HTTPS_PROXY: expected, NO_PROXY: 'localhost', NO_COLOR: '1' });
    if (proxy === 'environment') return;
    for (const name of ['https_proxy', 'http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'])
      expect(env).toHaveProperty(name, expected);
  });

  it.each([
    '',
    'socks5://proxy.example:1080',
    'ftp://proxy.example',
    'http://user:secret@proxy.example:3128',
    'http://user@proxy.example',
    'proxy example',
    'http://proxy.example/path',
    'http://proxy.example:0',
    'http://',
    'http://proxy.example:99999',
  ])('cannot be %j', (proxy) => {
    expect(isValue(specOf('proxy'), proxy)).toBe(false);
  });
});

describe('the agent of the options', () => {
  it('is the program with its version, or the given text', () => {
    expect(apply('none').userAgent).toBe(userAgent);
    expect(apply('none', 'curl/8.9.1').userAgent).toBe('curl/8.9.1');
  });

  it.each(['', ' ', 'a\nb', 'ä', 'a ', '\u0000'])('cannot be %j', (agent) => {
    expect(isValue(specOf('userAgent'), agent)).toBe(false);
  });
});
