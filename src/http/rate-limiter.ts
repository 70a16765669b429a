/** How many at once, and then how many per second. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** Spreads what is done often: freely until the burst is used up, then as fast as it comes back. */
export class TokenBucket {
  readonly #rate: Rate;
  readonly #monotonic: () => number;
  #tokens: number;
  #since: number;

  /** @param monotonic milliseconds of a clock that only goes forward */
  constructor(rate: Rate, monotonic: () => number) {
    this.#rate = rate;
    this.#monotonic = monotonic;
    this.#tokens = rate.burst;
    this.#since = monotonic();
  }

  /** Takes one, be it one that is still to come, and says in how many milliseconds it is there. */
  take(): number {
    const now = this.#monotonic();
    const { burst, perSecond } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#since) / 1_000) * perSecond) - 1;
    this.#since = now;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / perSecond) * 1_000;
  }
}

/** Milliseconds' worth of bytes that may come at once after a quiet moment; more would be a burst. */
const BURST = 50;

/** Milliseconds' worth of bytes that all readers together take at a time. */
const READ = 50;

/** Bytes; to read less at a time would cost more than it evens out. */
const LEAST_READ = 1024;

/** Limits the bytes per second of everything that goes through it together. */
export class Throttle {
  readonly bytesPerSecond: number;
  readonly #now: () => number;
  /** When all that was let through so far is paid for. */
  #paidUntil = Number.NEGATIVE_INFINITY;

  /**
   * @param bytesPerSecond above 0
   * @param now milliseconds of a clock that only goes forward
   */
  constructor(bytesPerSecond: number, now: () => number) {
    this.bytesPerSecond = bytesPerSecond;
    this.#now = now;
  }

  /** Bytes that each of so many readers may take at a time, so that what comes at once stays small; no more than `most`. */
  readSize(readers: number, most: number): number {
    const share = Math.floor(((this.bytesPerSecond / readers) * READ) / 1000);
    return Math.min(most, Math.max(LEAST_READ, share));
  }

  /** Counts bytes that have come; returns the milliseconds to wait before any more may come. */
  count(bytes: number): number {
    const now = this.#now();
    this.#paidUntil = Math.max(this.#paidUntil, now - BURST) + (bytes / this.bytesPerSecond) * 1000;
    return Math.max(0, this.#paidUntil - now);
  }
}
