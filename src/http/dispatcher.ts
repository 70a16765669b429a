import type { Dispatcher } from 'undici';
// The package's own entry loads WebSocket, caches and all of fetch, too, which takes three times as long.
import Agent from 'undici/lib/dispatcher/agent.js';

export interface DispatcherOptions {
  /** Milliseconds without a connection, a head, or another byte of the body until a request counts as dead. */
  readonly timeout: number;
  readonly httpProxy?: string | undefined;
  readonly httpsProxy?: string | undefined;
  readonly noProxy?: string | undefined;
}

/** Connections kept alive per origin, through a proxy where one is given. The total time of a request has no limit. */
export async function createDispatcher({
  timeout,
  httpProxy,
  httpsProxy,
  noProxy,
}: DispatcherOptions): Promise<Dispatcher> {
  const options = { connect: { timeout }, headersTimeout: timeout, bodyTimeout: timeout };
  if (!httpProxy && !httpsProxy) return new Agent(options);
  const { EnvHttpProxyAgent } = await import('undici');
  // undici reads the environment for what is undefined here; an empty text says that there is none.
  return new EnvHttpProxyAgent({
    ...options,
    httpProxy: httpProxy ?? '',
    httpsProxy: httpsProxy ?? '',
    noProxy: noProxy ?? '',
  });
}
