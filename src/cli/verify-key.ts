import { getAccount } from '../civitai/client.js';
import { AccessError } from '../errors.js';
import { type NetworkOptions, withNetworkOptions } from '../http/network-options.js';
import { openHttp, readBaseUrl } from '../http/open-http.js';
import { stripControlChars } from '../text.js';
import type { Context } from './context.js';
import { linePrinter } from './print.js';

type Account = Awaited<ReturnType<typeof getAccount>>;

/** Says whose key it is, as far as Civitai tells. */
export function describeOwner({ username }: Account): string {
  return username === undefined
    ? 'The API key is valid.'
    : `The API key belongs to ${stripControlChars(username)}.`;
}

/** What Civitai says about a key. */
export type KeyCheck =
  | { readonly state: 'valid'; readonly account: Account }
  | { readonly state: 'rejected'; readonly error: AccessError }
  /** Civitai cannot be asked now. */
  | { readonly state: 'unknown'; readonly error: unknown };

export interface VerifyKeyOptions {
  readonly network: NetworkOptions;
  readonly verbose: boolean;
}

/**
 * Asks Civitai whose key it is.
 * @throws InterruptedError
 */
export async function verifyKey(
  key: string,
  { network, verbose }: VerifyKeyOptions,
  context: Context,
): Promise<KeyCheck> {
  const baseUrl = readBaseUrl(context.env);
  const trace = verbose ? linePrinter(context.stderr) : undefined;
  const http = await openHttp(withNetworkOptions(context, network), baseUrl, key, trace);
  try {
    return { state: 'valid', account: await getAccount({ http, baseUrl, trace }, context.interrupted) };
  } catch (error) {
    context.interrupted.throwIfAborted();
    const isRejected = error instanceof AccessError && error.code === 'no-access';
    return isRejected ? { state: 'rejected', error } : { state: 'unknown', error };
  } finally {
    await http.close();
  }
}
