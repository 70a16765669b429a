/** What is seen of a transfer at some moment. */
export interface TransferSample {
  /** Milliseconds of a clock that only goes forward. */
  readonly now: number;
  /** Bytes received so far. */
  readonly received: number;
  /** Connections that bring bytes right now. */
  readonly busy: number;
  /** Milliseconds from a request to its first byte, as last seen. */
  readonly latency: number;
}

/** Milliseconds of one measurement, at least and at most. */
const SHORTEST = 100;
const LONGEST = 2_000;
/** A measurement takes that many round trips: a new connection needs some to come to speed. */
const ROUND_TRIPS = 6;
/** Doubling the connections has to bring this much, or they are not worth their cost on both sides. */
const WORTHWHILE = 1.25;
/** Milliseconds until scaler is tried again after it did not help; doubles each time. */
const FIRST_HOLD = 5_000;
const LONGEST_HOLD = 60_000;

interface Measurement {
  readonly since: number;
  readonly received: number;
}

/**
 * Decides how many connections a transfer should use: starts with one, doubles as long as that brings more, and goes
 * back where it does not. Pure: it is told what is seen, and asked.
 */
export class ConnectionScaler {
  readonly #max: number;
  #target: number;
  #running: Measurement | undefined;
  /** What fewer connections brought, while more are on trial. */
  #before: { readonly count: number; readonly rate: number } | undefined;
  #trialSince = 0;
  #hold = FIRST_HOLD;
  #holdUntil = 0;

  /**
   * @param most connections
   * @param first as many as it starts with
   */
  constructor(most: number, first = 1) {
    this.#max = most;
    this.#target = first;
  }

  get target(): number {
    return this.#target;
  }

  /** The server did not want one more while `count` others are served. */
  backOff(count: number, now: number): void {
    const wanted = Math.min(this.#target, Math.max(1, count));
    // Several that are turned away at a time are one answer.
    if (now < this.#holdUntil) this.#target = wanted;
    else this.#settle(wanted, now);
  }

  observe(sample: TransferSample): void {
    if (sample.now < this.#holdUntil || !this.#isReady(sample)) return;
    this.#running ??= { since: sample.now, received: sample.received };
    const elapsed = sample.now - this.#running.since;
    if (elapsed < Math.min(LONGEST, Math.max(SHORTEST, ROUND_TRIPS * sample.latency))) return;
    this.#decide((sample.received - this.#running.received) / elapsed, sample.now);
  }

  /** New connections are given time to bring bytes before they are judged, but not without end. */
  #isReady({ busy, now }: TransferSample): boolean {
    return busy >= this.#target || (this.#before !== undefined && now - this.#trialSince > LONGEST);
  }

  #decide(rate: number, now: number): void {
    this.#running = undefined;
    if (this.#before && rate < this.#before.rate * this.#threshold(this.#before.count)) {
      this.#settle(this.#before.count, now);
      return;
    }
    const next = Math.min(this.#target * 2, this.#max);
    if (next === this.#target) {
      this.#before = undefined;
      return;
    }
    this.#before = { count: this.#target, rate };
    this.#trialSince = now;
    this.#target = next;
  }

  /** The same share of the hoped-for gain where the last step is less than a doubling. */
  #threshold(count: number): number {
    return 1 + (WORTHWHILE - 1) * (this.#target / count - 1);
  }

  #settle(count: number, now: number): void {
    this.#target = count;
    this.#before = undefined;
    this.#running = undefined;
    this.#holdUntil = now + this.#hold;
    this.#hold = Math.min(this.#hold * 2, LONGEST_HOLD);
  }
}

/**
 * Connections that all transfers of a run share beyond the first that each of them has: a large file takes what nobody
 * else needs, and gives it back when others want their share.
 */
export class ConnectionBudget {
  readonly #count: number;
  readonly #claims = new Map<object, { wanted: number; held: number }>();

  constructor(count: number) {
    this.#count = count;
  }

  /**
   * Says how many a transfer would use now.
   * @returns how many it may use
   */
  claim(transfer: object, wanted: number): number {
    const claim = this.#claims.get(transfer) ?? { wanted: 0, held: 0 };
    this.#claims.set(transfer, claim);
    claim.wanted = wanted;
    claim.held = 0;
    claim.held = Math.min(wanted, this.#share(), this.#free());
    return claim.held;
  }

  /** A transfer has ended. */
  release(transfer: object): void {
    this.#claims.delete(transfer);
  }

  #share(): number {
    const claimants = [...this.#claims.values()].filter(({ wanted }) => wanted > 0).length;
    return Math.ceil(this.#count / Math.max(1, claimants));
  }

  #free(): number {
    return [...this.#claims.values()].reduce((free, { held }) => free - held, this.#count);
  }
}
