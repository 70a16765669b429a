import type { RetryBudget } from '../http/retry.js';

/** Gives a URL that may expire; each call may cost the user something. */
export type FetchUrl = (signal: AbortSignal) => Promise<URL>;

/** A host that refuses every fresh URL is not asked without end. */
const MAX_RENEWALS = 3;

/** Where a file is: one URL that all connections share, asked for anew only when it was refused. */
export class SignedUrl {
  readonly #fetchUrl: FetchUrl;
  readonly #retryBudget: RetryBudget;
  readonly #signal: AbortSignal;
  #url: Promise<URL> | undefined;
  #current: URL | undefined;
  #renewals = 0;

  constructor(locate: FetchUrl, patience: RetryBudget, signal: AbortSignal) {
    this.#fetchUrl = locate;
    this.#retryBudget = patience;
    this.#signal = signal;
  }

  /** The URL to use now. It is asked for with all retries, so what this throws is final. */
  get(): Promise<URL> {
    this.#url ??= this.#ask();
    return this.#url;
  }

  /**
   * The host has refused a URL: the next one will be fresh, unless somebody else has seen to that already.
   * @throws the given error when fresh ones have been refused too often
   */
  invalidate(url: URL, error: unknown): void {
    if (url !== this.#current) return;
    if (this.#renewals++ >= MAX_RENEWALS) throw error;
    this.#url = undefined;
    this.#current = undefined;
  }

  /** The URL in use has brought what none before it had: a refusal will be for its age. */
  confirm(): void {
    this.#renewals = 0;
  }

  async #ask(): Promise<URL> {
    for (;;) {
      try {
        this.#current = await this.#fetchUrl(this.#signal);
        return this.#current;
      } catch (error) {
        await this.#retryBudget.wait(error, this.#signal);
      }
    }
  }
}
