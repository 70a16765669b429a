import type { Agent, Dispatcher } from 'undici';

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
  if (!httpProxy && !httpsProxy) return new (await loadAgent())(options);
  const { EnvHttpProxyAgent } = await import('undici');
  // undici reads the environment for what is undefined here; an empty text says that there is none.
  return new EnvHttpProxyAgent({
    ...options,
    httpProxy: httpProxy ?? '',
    httpsProxy: httpsProxy ?? '',
    noProxy: noProxy ?? '',
  });
}

/**
 * The package's own entry loads WebSocket, caches and all of fetch, too, which takes three times as long. Where its parts
 * are, it promises to nobody.
 */
async function loadAgent(): Promise<typeof Agent> {
  try {
    return (await import('undici/lib/dispatcher/agent.js')).default;
  } catch {
    return (await import('undici')).Agent;
  }
}
