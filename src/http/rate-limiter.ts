export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** Spreads requests or bytes over time: nothing waits until the burst is used up. */
export class RateLimiter {
  readonly #rate: Rate;
  readonly #monotonic: () => number;
  /** When everything taken so far fits into the rate. */
  #paidUntil = Number.NEGATIVE_INFINITY;

  constructor(rate: Rate, monotonic: () => number) {
    this.#rate = rate;
    this.#monotonic = monotonic;
  }

  /** Takes an amount, on credit if necessary, and returns the milliseconds to wait for it. */
  take(amount: number): number {
    const now = this.#monotonic();
    const { burst, perSecond } = this.#rate;
    const start = Math.max(this.#paidUntil, now - (burst / perSecond) * 1_000);
    this.#paidUntil = start + (amount / perSecond) * 1_000;
    return Math.max(0, this.#paidUntil - now);
  }
}

/** Bytes at once after a pause, and in one round of reads, as time at the full rate. */
const BURST_MS = 50;
const READ_MS = 50;
/** Smaller reads cost more than they smooth. */
const MIN_READ_SIZE = 1024;

/** Limits the bytes per second of all transfers that share it. */
export class Throttle {
  readonly bytesPerSecond: number;
  readonly #limiter: RateLimiter;

  /** @param bytesPerSecond above 0 */
  constructor(bytesPerSecond: number, monotonic: () => number) {
    this.bytesPerSecond = bytesPerSecond;
    const burst = (bytesPerSecond * BURST_MS) / 1_000;
    this.#limiter = new RateLimiter({ burst, perSecond: bytesPerSecond }, monotonic);
  }

  /** Counts received bytes and returns the milliseconds to wait before reading more. */
  count(bytes: number): number {
    return this.#limiter.take(bytes);
  }

  /** Returns the bytes that each connection may read at a time, small enough to avoid bursts. */
  readSize(connections: number, max: number): number {
    const share = Math.floor(((this.bytesPerSecond / connections) * READ_MS) / 1_000);
    return Math.min(max, Math.max(MIN_READ_SIZE, share));
  }
}
