import { type RetryPolicy, waitForRetry } from './retry.js';

/** The retries of one transfer, whichever of its requests fail. */
export class RetryBudget {
  readonly #policy: RetryPolicy;
  #failures = 0;

  constructor(policy: RetryPolicy) {
    this.#policy = policy;
  }

  /**
   * Waits before the next try.
   * @throws the error itself when there is no next try
   */
  async wait(error: unknown, signal: AbortSignal): Promise<void> {
    await waitForRetry(error, ++this.#failures, this.#policy, signal);
  }

  /** Something went well: all retries may be used again. */
  renew(): void {
    this.#failures = 0;
  }
}
