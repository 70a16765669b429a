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
