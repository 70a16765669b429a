/** Time until one more connection is tried after a refusal; doubles with each refusal. */
const INITIAL_HOLD_MS = 5_000;
const MAX_HOLD_MS = 60_000;

/** Decides how many connections a transfer uses: all that are allowed, and fewer after the host refused some. */
export class ConnectionScaler {
  readonly #max: number;
  #target: number;
  #holdMs = INITIAL_HOLD_MS;
  #holdUntil = Number.NEGATIVE_INFINITY;

  constructor(max: number) {
    this.#max = max;
    this.#target = max;
  }

  get target(): number {
    return this.#target;
  }

  /** Reduces the number to the served connections after a refusal. */
  backOff(served: number, now: number): void {
    this.#target = Math.min(this.#target, Math.max(1, served));
    // Simultaneous refusals count once.
    if (now < this.#holdUntil) return;
    this.#holdUntil = now + this.#holdMs;
    this.#holdMs = Math.min(this.#holdMs * 2, MAX_HOLD_MS);
  }

  /** Tries one more connection if the last refusal was long enough ago. */
  tick(now: number): void {
    if (this.#target >= this.#max || now < this.#holdUntil) return;
    this.#target++;
    this.#holdUntil = now + this.#holdMs;
  }
}

/** The connections of one attempt, limited by the host and by other transfers. */
export class ConnectionAllowance {
  readonly #scaler: ConnectionScaler;
  readonly #budget: ConnectionBudget | undefined;
  #count = 1;

  constructor(scaler: ConnectionScaler, budget: ConnectionBudget | undefined) {
    this.#scaler = scaler;
    this.#budget = budget;
  }

  /** Number of connections if other transfers claim none. */
  get max(): number {
    return this.#scaler.target;
  }

  get count(): number {
    return Math.min(this.#count, this.#scaler.target);
  }

  /** The first connection is not shared with other transfers. */
  claim(isParallel: boolean): number {
    const wanted = isParallel ? this.#scaler.target : 1;
    this.#count = this.#budget ? 1 + this.#budget.claim(this, wanted - 1) : wanted;
    return this.#count;
  }

  release(): void {
    this.#budget?.release(this);
  }
}

/** Shares connections between transfers: one uses those that others do not need, until they claim their share. */
export class ConnectionBudget {
  readonly #count: number;
  readonly #claims = new Map<object, { wanted: number; held: number }>();

  constructor(count: number) {
    this.#count = count;
  }

  claim(transfer: object, wanted: number): number {
    const claim = this.#claims.get(transfer) ?? { wanted: 0, held: 0 };
    this.#claims.set(transfer, claim);
    claim.wanted = wanted;
    claim.held = 0;
    claim.held = Math.min(wanted, this.#fairShare(), this.#free());
    return claim.held;
  }

  release(transfer: object): void {
    this.#claims.delete(transfer);
  }

  #fairShare(): number {
    const claimants = [...this.#claims.values()].filter(({ wanted }) => wanted > 0).length;
    return Math.ceil(this.#count / Math.max(1, claimants));
  }

  #free(): number {
    return [...this.#claims.values()].reduce((free, { held }) => free - held, this.#count);
  }
}
