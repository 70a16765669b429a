import { follow, type Http, type HttpResponse } from './client.js';
import { OriginPacer } from './origin-pace.js';
import { type Rate, TokenBucket } from './rate-limiter.js';

export interface PacingOptions {
  /** Waits that many milliseconds, or rejects with the signal's reason. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number;
  /** A server that is asked no faster than so, however well it answers. */
  readonly limited: { readonly origin: string; readonly rate: Rate };
  /** Told once of each server that is asked more slowly from now on. */
  readonly onSlowed: (host: string) => void;
}

/**
 * Asks as fast as the servers like it. One that refuses for the number of requests, or fails several times in a row, is
 * asked more and more slowly by all that runs at once, and faster again as it answers well; what it says about when to
 * come back holds for all.
 */
export function withPacing(http: Http, { sleep, monotonic, limited, onSlowed }: PacingOptions): Http {
  const bucket = new TokenBucket(limited.rate, monotonic);
  const paces = new Map<string, OriginPacer>();

  function paceOf({ origin, host }: URL): OriginPacer {
    const pace = paces.get(origin) ?? new OriginPacer(monotonic, () => onSlowed(host));
    paces.set(origin, pace);
    return pace;
  }

  async function send(
    url: URL,
    signal: AbortSignal,
    request: () => Promise<HttpResponse>,
  ): Promise<HttpResponse> {
    const pace = paceOf(url);
    let wait = Math.max(pace.take(), url.origin === limited.origin ? bucket.take() : 0);
    while (wait > 0) {
      await sleep(wait, signal);
      wait = pace.isHeld ? pace.take() : 0;
    }
    const sentAt = monotonic();
    const response = await request();
    pace.record(response, sentAt);
    return response;
  }

  const get: Http['get'] = (url, request) => send(url, request.signal, () => http.get(url, request));
  return {
    get,
    getFollowing: (url, request) => follow(get, url, request),
    post: (url, json, request) => send(url, request.signal, () => http.post(url, json, request)),
    close: () => http.close(),
  };
}
