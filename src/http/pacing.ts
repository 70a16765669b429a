import type { HttpHooks } from './client.js';
import { type Rate, RateLimiter } from './rate-limiter.js';
import { MAX_RETRY_AFTER_MS } from './retry.js';

export interface PacingOptions {
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly monotonic: () => number;
  /** An origin with a fixed maximum rate. */
  readonly limited: { readonly origin: string; readonly rate: Rate };
  /** Called once per origin, when it is slowed down for the first time. */
  readonly onSlowed: (host: string) => void;
}

/**
 * Creates hooks that send requests as fast as each origin can answer them. An origin that responds 429, or fails several
 * times in a row, receives requests more and more slowly, and faster again after good responses. Its `Retry-After`
 * applies to all requests.
 */
export function createPacing({ sleep, monotonic, limited, onSlowed }: PacingOptions): HttpHooks {
  const limiter = new RateLimiter(limited.rate, monotonic);
  const pacers = new Map<string, OriginPacer>();

  function pacerOf({ origin, host }: URL): OriginPacer {
    const pacer = pacers.get(origin) ?? new OriginPacer(monotonic, () => onSlowed(host));
    pacers.set(origin, pacer);
    return pacer;
  }

  return {
    beforeRequest: async (url, signal) => {
      const pacer = pacerOf(url);
      let waitMs = Math.max(pacer.take(), url.origin === limited.origin ? limiter.take(1) : 0);
      while (waitMs > 0) {
        await sleep(waitMs, signal);
        waitMs = pacer.isHeld ? pacer.take() : 0;
      }
      return monotonic();
    },
    afterResponse: (url, { status, retryAfterMs }, sentAt) =>
      pacerOf(url).record(status, retryAfterMs, sentAt),
  };
}

const INITIAL_SPACING_MS = 500;
const MAX_SPACING_MS = 30_000;
/** A shorter spacing counts as 0. */
const MIN_SPACING_MS = 50;
const RELIEF_FACTOR = 0.8;
const MAX_FAILURES_IN_A_ROW = 2;

class OriginPacer {
  readonly #monotonic: () => number;
  readonly #onSlowed: () => void;
  #spacingMs = 0;
  #nextAt = Number.NEGATIVE_INFINITY;
  /** Holds back all requests, also those that already have a time before it. */
  #heldUntil = Number.NEGATIVE_INFINITY;
  #slowedAt = Number.NEGATIVE_INFINITY;
  #failures = 0;

  constructor(monotonic: () => number, onSlowed: () => void) {
    this.#monotonic = monotonic;
    this.#onSlowed = onSlowed;
  }

  /** Reserves a time for one request and returns the milliseconds until then. */
  take(): number {
    const now = this.#monotonic();
    const at = Math.max(now, this.#nextAt);
    if (this.#spacingMs > 0) this.#nextAt = at + this.#spacingMs;
    return at - now;
  }

  /** Whether requests whose time has come must take a new one. */
  get isHeld(): boolean {
    return this.#monotonic() < this.#heldUntil;
  }

  record(status: number, retryAfterMs: number | undefined, sentAt: number): void {
    this.#failures = status >= 500 ? this.#failures + 1 : 0;
    if (status === 429 || this.#failures > MAX_FAILURES_IN_A_ROW) this.#slowDown(retryAfterMs, sentAt);
    else if (status < 500) this.#speedUp();
  }

  #slowDown(retryAfterMs: number | undefined, sentAt: number): void {
    const now = this.#monotonic();
    if (this.#slowedAt === Number.NEGATIVE_INFINITY) this.#onSlowed();
    // Requests sent before the last slowdown report the same overload.
    if (sentAt > this.#slowedAt) {
      this.#spacingMs = Math.min(MAX_SPACING_MS, Math.max(INITIAL_SPACING_MS, this.#spacingMs * 2));
      this.#slowedAt = now;
    }
    // A longer wait is ignored here: the request fails instead.
    const holdMs = retryAfterMs !== undefined && retryAfterMs <= MAX_RETRY_AFTER_MS ? retryAfterMs : 0;
    this.#heldUntil = Math.max(this.#heldUntil, now + holdMs);
    this.#nextAt = Math.max(this.#nextAt, this.#heldUntil, now + this.#spacingMs);
  }

  #speedUp(): void {
    this.#spacingMs *= RELIEF_FACTOR;
    if (this.#spacingMs < MIN_SPACING_MS) this.#spacingMs = 0;
  }
}
