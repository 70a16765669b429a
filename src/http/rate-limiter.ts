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
