import type { ProxyOrigin } from '../errors.js';
import { userAgent as ownUserAgent } from '../version.js';
import type { NetworkEnvironment, NetworkRuntime } from './open-http.js';

/** The part of the options that concerns connections. */
export interface NetworkOptions {
  /** A URL, `environment` or `none`. */
  readonly proxy: string;
  /** Whether the proxy was typed or is stored, which is the default. */
  readonly proxyFrom?: ProxyOrigin | undefined;
  /** `civitdl` stands for the program with its version. */
  readonly userAgent: string;
}

const PROXY_VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY', 'http_proxy', 'HTTP_PROXY'];

/** Returns the runtime with the proxy and the agent of the options. `NO_PROXY` is still obeyed, as curl does. */
export function withNetworkOptions<R extends NetworkRuntime>(
  runtime: R,
  { proxy, proxyFrom = 'stored', userAgent }: NetworkOptions,
): R {
  return {
    ...runtime,
    env: withProxy(runtime.env, proxy),
    proxyFrom: proxy === 'environment' ? undefined : proxyFrom,
    userAgent: userAgent === 'civitdl' ? ownUserAgent : userAgent,
  };
}

/** Returns where the proxy of merged options comes from. */
export function proxyOrigin(typed: { readonly proxy?: string | undefined }): ProxyOrigin {
  return typed.proxy === undefined ? 'stored' : 'typed';
}

function withProxy(env: NetworkEnvironment, proxy: string): NetworkEnvironment {
  if (proxy === 'environment') return env;
  const url = proxy === 'none' ? '' : proxy.includes('://') ? proxy : `http://${proxy}`;
  return { ...env, ...Object.fromEntries(PROXY_VARIABLES.map((name) => [name, url])) };
}
