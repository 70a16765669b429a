import { UsageError } from '../errors.js';
import { userAgent as ownUserAgent } from '../version.js';
import { createHttp, type Http } from './client.js';
import { createHttp1Client } from './http1/client.js';
import { createPacing } from './pacing.js';
import { createDispatcher } from './undici.js';
import { isFetchable } from './url-policy.js';

const CIVITAI = 'https://civitai.com';

/** Some hundreds of models, with two requests each, do not wait; runs of thousands are spread. */
const API_RATE = { burst: 1_000, perSecond: 100 };

/** The maximum time without a connection, a response, or another byte. */
export const NETWORK_TIMEOUT_MS = 30_000;

export type NetworkEnvironment = Readonly<Record<string, string | undefined>>;

export interface NetworkRuntime {
  readonly env: NetworkEnvironment;
  readonly networkTimeoutMs: number;
  readonly now: () => number;
  readonly monotonic: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** The `User-Agent` of all requests; that of civitdl by default. */
  readonly userAgent?: string;
}

/**
 * Returns the URL of `CIVITAI_BASE_URL`, or Civitai's.
 * @throws UsageError if the URL is invalid, or must not receive a key
 */
export function readBaseUrl(env: NetworkEnvironment): URL {
  const text = env.CIVITAI_BASE_URL || CIVITAI;
  if (!URL.canParse(text)) throw new UsageError('usage', `CIVITAI_BASE_URL is not a URL: ${text}`);
  const url = new URL(text);
  if (!isFetchable(url))
    throw new UsageError('usage', `CIVITAI_BASE_URL must be https, or http on this machine: ${text}`);
  return url;
}

/**
 * Opens the HTTP client of a run. It sends the key to the API only, and passes no secret to `trace`.
 * @param key the key, or a function that returns that of the moment
 */
export async function openHttp(
  { env, networkTimeoutMs: timeoutMs, now, monotonic, sleep, userAgent = ownUserAgent }: NetworkRuntime,
  baseUrl: URL,
  key: string | undefined | (() => string | undefined),
  trace: (line: string) => void = () => {},
): Promise<Http> {
  const { origin } = baseUrl;
  const proxies = readProxies(env);
  // Only undici supports proxies.
  const isDirect = !proxies.httpProxy && !proxies.httpsProxy;
  return createHttp({
    dispatcher: await createDispatcher({ timeoutMs, ...proxies }),
    http1: isDirect ? createHttp1Client({ timeoutMs }) : undefined,
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

function readProxies(env: NetworkEnvironment) {
  return {
    httpProxy: env.http_proxy || env.HTTP_PROXY,
    httpsProxy: env.https_proxy || env.HTTPS_PROXY,
    noProxy: env.no_proxy || env.NO_PROXY,
  };
}
