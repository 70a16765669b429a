import { follow, type Http, type HttpResponse } from './client.js';
import { type Rate, TokenBucket } from './rate-limiter.js';
import { MAX_RETRY_AFTER_MS } from './retry.js';

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

/** Milliseconds between two requests to a server that has said for the first time that it is too much, and at most. */
const FIRST_SPACING = 500;

const LONGEST_SPACING = 30_000;

/** What an answer that is well leaves of the spacing, and what is too little to matter. */
const RELIEF = 0.8;

const NO_SPACING = 50;

/** One failure is nobody's fault. */
const FAILURES_IN_A_ROW = 3;

/** How fast one server may be asked: freely, until it says that it is too much. */
class OriginPacer {
  readonly #monotonic: () => number;
  readonly #onSlowed: () => void;
  #spacing = 0;
  /** When the next one may be sent. */
  #next = Number.NEGATIVE_INFINITY;
  /** Nothing is sent before, whoever was told another time. */
  #heldUntil = Number.NEGATIVE_INFINITY;
  #slowedAt = Number.NEGATIVE_INFINITY;
  #failures = 0;

  /**
   * @param monotonic milliseconds of a clock that only goes forward
   * @param onSlowed told when it is too much for the first time
   */
  constructor(monotonic: () => number, onSlowed: () => void) {
    this.#monotonic = monotonic;
    this.#onSlowed = onSlowed;
  }

  /** The turn of a request: milliseconds from now. */
  take(): number {
    const now = this.#monotonic();
    const at = Math.max(now, this.#next);
    if (this.#spacing > 0) this.#next = at + this.#spacing;
    return at - now;
  }

  /** Whether even those whose turn has come have to wait for another one. */
  get isHeld(): boolean {
    return this.#monotonic() < this.#heldUntil;
  }

  /**
   * Learns from an answer.
   * @param sentAt when it was asked for, on the clock
   */
  record({ status, retryAfterMs }: Pick<HttpResponse, 'status' | 'retryAfterMs'>, sentAt: number): void {
    this.#failures = status >= 500 ? this.#failures + 1 : 0;
    if (status === 429 || this.#failures >= FAILURES_IN_A_ROW) this.#slow(retryAfterMs, sentAt);
    else if (status < 500) this.#relieve();
  }

  #slow(retryAfterMs: number | undefined, sentAt: number): void {
    const now = this.#monotonic();
    if (this.#slowedAt === Number.NEGATIVE_INFINITY) this.#onSlowed();
    // What was under way together is refused together, and says one thing.
    if (sentAt > this.#slowedAt) {
      this.#spacing = Math.min(LONGEST_SPACING, Math.max(FIRST_SPACING, this.#spacing * 2));
      this.#slowedAt = now;
    }
    // Nobody waits for hours: what is asked then fails, and says so.
    const hold = retryAfterMs !== undefined && retryAfterMs <= MAX_RETRY_AFTER_MS ? retryAfterMs : 0;
    this.#heldUntil = Math.max(this.#heldUntil, now + hold);
    this.#next = Math.max(this.#next, this.#heldUntil, now + this.#spacing);
  }

  #relieve(): void {
    this.#spacing *= RELIEF;
    if (this.#spacing < NO_SPACING) this.#spacing = 0;
  }
}
