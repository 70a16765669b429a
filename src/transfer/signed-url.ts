import type { RetryBudget } from '../http/retry.js';

/** Fetches a URL that may expire. Each call may cost the user something. */
export type FetchUrl = (signal: AbortSignal) => Promise<URL>;

const MAX_RENEWALS = 3;

/** The signed URL of a file, shared by all of its connections and fetched again only after the host rejected it. */
export class SignedUrl {
  readonly #fetchUrl: FetchUrl;
  readonly #retryBudget: RetryBudget;
  readonly #signal: AbortSignal;
  #url: Promise<URL> | undefined;
  #current: URL | undefined;
  #renewals = 0;

  constructor(fetchUrl: FetchUrl, retryBudget: RetryBudget, signal: AbortSignal) {
    this.#fetchUrl = fetchUrl;
    this.#retryBudget = retryBudget;
    this.#signal = signal;
  }

  /** Returns the current URL. Its error is final, since all retries were used. */
  get(): Promise<URL> {
    this.#url ??= this.#fetch();
    return this.#url;
  }

  /** @throws the given error if new URLs were rejected too often */
  invalidate(url: URL, error: unknown): void {
    if (url !== this.#current) return;
    if (this.#renewals++ >= MAX_RENEWALS) throw error;
    this.#url = undefined;
    this.#current = undefined;
  }

  /** Resets the number of renewals, since the current URL has brought new bytes. */
  confirm(): void {
    this.#renewals = 0;
  }

  async #fetch(): Promise<URL> {
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
