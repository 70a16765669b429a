import { type ProxyOrigin, UsageError } from '../errors.js';
import { userAgent as ownUserAgent } from '../version.js';
import { createHttp, type Http } from './client.js';
import { Connector } from './connector.js';
import { createHttp1Client } from './http1/client.js';
import type { NetworkTimeouts } from './network-timeouts.js';
import { createPacing } from './pacing.js';
import { readProxies } from './proxy.js';
import { createDispatcher } from './undici.js';
import { isFetchable } from './url-policy.js';

const CIVITAI = 'https://civitai.com';

/** Some hundreds of models, with two requests each, do not wait; runs of thousands are spread. */
const API_RATE = { burst: 1_000, perSecond: 100 };

export type NetworkEnvironment = Readonly<Record<string, string | undefined>>;

export interface NetworkRuntime {
  readonly env: NetworkEnvironment;
  readonly networkTimeouts: NetworkTimeouts;
  readonly now: () => number;
  readonly monotonic: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** The `User-Agent` of all requests; that of civitdl by default. */
  readonly userAgent?: string;
  /** Where the proxy comes from, if an option has replaced that of `env`. */
  readonly proxyFrom?: ProxyOrigin | undefined;
}

/**
 * Returns the URL of `CIVITAI_BASE_URL`, or Civitai's.
 * @throws UsageError if the URL is invalid, or must not receive a key
 */
export function readBaseUrl(env: NetworkEnvironment): URL {
  const text = env.CIVITAI_BASE_URL || CIVITAI;
  if (!URL.canParse(text)) throw new UsageError('usage', `CIVITAI_BASE_URL is not a URL: ${text}`);
  const url = new URL(text);
  if (url.username || url.password)
    throw new UsageError('usage', 'CIVITAI_BASE_URL must not contain a user name or a password.');
  if (!isFetchable(url))
    throw new UsageError('usage', `CIVITAI_BASE_URL must be https, or http on this machine: ${text}`);
  return url;
}

/** @throws UsageError if a variable of the environment cannot be used */
export function assertNetworkEnvironment(env: NetworkEnvironment): void {
  readProxies(env);
}

/**
 * Opens the HTTP client of a run. It sends the key to the API only, and passes no secret to `trace`.
 * @param key the key, or a function that returns that of the moment
 */
export async function openHttp(
  { env, networkTimeouts, now, monotonic, sleep, userAgent = ownUserAgent, proxyFrom }: NetworkRuntime,
  baseUrl: URL,
  key: string | undefined | (() => string | undefined),
  trace: (line: string) => void = () => {},
): Promise<Http> {
  const { origin } = baseUrl;
  const { connectMs, apiHeadMs, idleMs } = networkTimeouts;
  const connector = new Connector({ timeoutMs: connectMs, proxyOf: readProxies(env, proxyFrom) });
  return createHttp({
    connector,
    dispatcher: await createDispatcher({ timeoutMs: idleMs, connector }),
    http1: createHttp1Client({ timeoutMs: idleMs, connector }),
    baseUrl,
    timeouts: { headMs: apiHeadMs, idleMs },
    userAgent,
    get credential() {
      const current = typeof key === 'function' ? key() : key;
      return current === undefined ? undefined : { origin, key: current };
    },
    hooks: createPacing({
      sleep,
      monotonic,
      limited: { origin, rate: API_RATE },
      onSlowed: (host) => trace(`slowing down requests to ${host}: too many requests or failures`),
    }),
    now,
    trace,
  });
}
