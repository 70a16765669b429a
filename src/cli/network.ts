import { UsageError } from '../errors.js';
import type { Http } from '../http/http.js';
import type { Context } from './context.js';

const CIVITAI = 'https://civitai.com';

/**
 * Requests to the API. Some two hundred models, at two requests each, pass as fast as they come; thousands, of which
 * most may be there already, are spread.
 */
const API_RATE = { burst: 500, perSecond: 30 };

/**
 * The API's origin: Civitai's, or the one that the environment names.
 * @throws UsageError when that is no URL, or one to which a key must not go
 */
export async function baseUrlOf(env: Context['env']): Promise<URL> {
  const text = env.CIVITAI_BASE_URL || CIVITAI;
  if (!URL.canParse(text)) throw new UsageError('usage', `CIVITAI_BASE_URL is no URL: ${text}`);
  const url = new URL(text);
  const { isFetchable } = await import('../http/origin.js');
  if (!isFetchable(url))
    throw new UsageError('usage', `CIVITAI_BASE_URL must be https, or http on this machine: ${text}`);
  return url;
}

/** The network as the context's environment wants it, with the key for one origin. */
export async function openNetwork(
  {
    env,
    networkTimeout,
    now,
    clock,
    sleep,
  }: Pick<Context, 'env' | 'networkTimeout' | 'now' | 'clock' | 'sleep'>,
  baseUrl: URL,
  key: string | undefined,
  trace?: (line: string) => void,
): Promise<Http> {
  const [{ createDispatcher }, { createHttp }, { paced }, { createWire }, { userAgent }] = await Promise.all([
    import('../http/dispatcher.js'),
    import('../http/http.js'),
    import('../http/pace.js'),
    import('../http/wire/wire.js'),
    import('../version.js'),
  ]);
  const proxies = {
    httpProxy: env.http_proxy || env.HTTP_PROXY,
    httpsProxy: env.https_proxy || env.HTTPS_PROXY,
    noProxy: env.no_proxy || env.NO_PROXY,
  };
  const dispatcher = createDispatcher({ timeout: networkTimeout, ...proxies });
  // Only undici knows the ways of proxies.
  const wire = proxies.httpProxy || proxies.httpsProxy ? undefined : createWire({ timeout: networkTimeout });
  const credential = key === undefined ? undefined : { origin: baseUrl.origin, key };
  const http = createHttp({ dispatcher, wire, userAgent, credential, now, ...(trace && { trace }) });
  return paced(http, {
    sleep,
    clock,
    limited: { origin: baseUrl.origin, rate: API_RATE },
    onSlowed: (host) => trace?.(`${host} is asked more slowly from now on, as it can't keep up`),
  });
}
