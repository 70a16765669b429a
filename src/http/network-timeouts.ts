/** The maximum times of a request. Its total time is not limited. */
export interface NetworkTimeouts {
  /** For a connection: name lookup, proxy and TLS. */
  readonly connectMs: number;
  /** For the head of a response of the API. */
  readonly apiHeadMs: number;
  /** For the head of a file or an image, and for the next byte of any body. */
  readonly idleMs: number;
}

/** In a file without imports, because each start of a command needs it. */
export const NETWORK_TIMEOUTS: NetworkTimeouts = {
  connectMs: 30_000,
  // The edge of Civitai waits 100 s for the API before it answers with a status of its own.
  apiHeadMs: 110_000,
  idleMs: 30_000,
};

/** Returns the times with another idle time; the API never gets less than that for its head. */
export function withIdleTimeout(timeouts: NetworkTimeouts, idleMs: number): NetworkTimeouts {
  return { ...timeouts, idleMs, apiHeadMs: Math.max(timeouts.apiHeadMs, idleMs) };
}
