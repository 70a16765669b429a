import { UsageError } from '../errors.js';
import type { Http } from './client.js';

const CIVITAI = 'https://civitai.com';

/**
 * Requests to the API. Some hundreds of models, at two requests each, pass as fast as they come; thousands, of which
 * most may be there already, are spread.
 */
const API_RATE = { burst: 1_000, perSecond: 100 };

/** Milliseconds without a connection, an answer, or another byte until a request counts as dead. */
export const NETWORK_TIMEOUT_MS = 30_000;

/** What an environment says of the network, by the names that other programs know, too. */
export type NetworkEnvironment = Readonly<Record<string, string | undefined>>;

export interface NetworkRuntime {
  readonly env: NetworkEnvironment;
  readonly networkTimeoutMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number;
  /** Waits that many milliseconds, or rejects with the signal's reason. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * The API's origin: Civitai's, or the one that the environment names.
 * @throws UsageError when that is no URL, or one to which a key must not go
 */
export async function readBaseUrl(env: NetworkEnvironment): Promise<URL> {
  const text = env.CIVITAI_BASE_URL || CIVITAI;
  if (!URL.canParse(text)) throw new UsageError('usage', `CIVITAI_BASE_URL is no URL: ${text}`);
  const url = new URL(text);
  const { isFetchable } = await import('./url-policy.js');
  if (!isFetchable(url))
    throw new UsageError('usage', `CIVITAI_BASE_URL must be https, or http on this machine: ${text}`);
  return url;
}

/**
 * The network as the environment wants it, with the key for one origin.
 * @param trace told of each request, without anything secret
 */
export async function openHttp(
  { env, networkTimeoutMs, now, monotonic, sleep }: NetworkRuntime,
  baseUrl: URL,
  key: string | undefined,
  trace?: (line: string) => void,
): Promise<Http> {
  const [
    { createDispatcher },
    { createHttp },
    { createPacing },
    { createHttp1Client: createWire },
    { userAgent },
  ] = await Promise.all([
    import('./undici.js'),
    import('./client.js'),
    import('./pacing.js'),
    import('./http1/client.js'),
    import('../version.js'),
  ]);
  const proxies = {
    httpProxy: env.http_proxy || env.HTTP_PROXY,
    httpsProxy: env.https_proxy || env.HTTPS_PROXY,
    noProxy: env.no_proxy || env.NO_PROXY,
  };
  const dispatcher = await createDispatcher({ timeout: networkTimeoutMs, ...proxies });
  // Only undici knows the ways of proxies.
  const wire =
    proxies.httpProxy || proxies.httpsProxy ? undefined : createWire({ timeout: networkTimeoutMs });
  const credential = key === undefined ? undefined : { origin: baseUrl.origin, key };
  const hooks = createPacing({
    sleep,
    monotonic,
    limited: { origin: baseUrl.origin, rate: API_RATE },
    onSlowed: (host) => trace?.(`${host} is asked more slowly from now on, as it can't keep up`),
  });
  return createHttp({ dispatcher, http1: wire, userAgent, credential, hooks, now, ...(trace && { trace }) });
}
