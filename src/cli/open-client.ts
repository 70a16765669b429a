import { type CivitaiClient, createClient } from '../civitai/client.js';
import { withNetwork } from '../download/network.js';
import type { KeyOrigin, ProxyOrigin } from '../errors.js';
import { openHttp, readBaseUrl } from '../http/open-http.js';
import type { Options } from '../options/options.js';
import type { Context } from './context.js';
import type { PrintLine } from './print.js';

export interface ClientRequest {
  readonly options: Options;
  readonly proxyFrom: ProxyOrigin;
  readonly key: string | undefined;
  readonly keyFrom: KeyOrigin;
  /** Called with lines for `--verbose`. */
  readonly trace: PrintLine | undefined;
}

/** Opens a client of the API for an action, and closes its connections after it. */
export async function withClient<T>(
  { options, proxyFrom, key, keyFrom, trace }: ClientRequest,
  context: Context,
  action: (client: CivitaiClient) => Promise<T>,
): Promise<T> {
  const { sleep, random } = context;
  const baseUrl = readBaseUrl(context.env);
  const http = await openHttp(withNetwork(context, { ...options, proxyFrom }), baseUrl, key, trace);
  const retry = { retries: options.retryCount, sleep, random };
  try {
    const client = createClient({
      http,
      baseUrl,
      hasKey: () => key !== undefined,
      keyFrom: () => keyFrom,
      retry,
      trace,
    });
    return await action(client);
  } finally {
    await http.close();
  }
}
