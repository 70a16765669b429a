import { RetryBudget, type RetryPolicy } from '../http/retry.js';
import { type FetchUrl, SignedUrl } from './signed-url.js';

/** After so many bytes, the expiry of a URL is normal. */
const BYTES_PER_RENEWAL = 16 * 1024 * 1024;

interface RetryOptions {
  readonly retry: RetryPolicy;
  readonly signal: AbortSignal;
}

/** The retries and the URL of one transfer, over all attempts. Only bytes beyond all earlier ones renew them. */
export class RetryState {
  readonly budget: RetryBudget;
  readonly url: SignedUrl;
  wrongContents = 0;
  /** Whether requests are pipelined; not after a connection broke while one was. */
  pipelines = true;
  #maxWritten: number;
  #writtenAtRenewal = 0;

  constructor(fetchUrl: FetchUrl, { retry, signal }: RetryOptions, written: number) {
    this.budget = new RetryBudget(retry);
    this.url = new SignedUrl(fetchUrl, this.budget, signal);
    this.#maxWritten = written;
  }

  /** @param written bytes in the part file */
  recordWritten(written: number): void {
    if (written <= this.#maxWritten) return;
    this.#maxWritten = written;
    this.budget.renew();
    if (written - this.#writtenAtRenewal >= BYTES_PER_RENEWAL) this.url.confirm();
  }

  /** @throws the error if new URLs were rejected too often */
  invalidateUrl(url: URL, error: unknown): void {
    this.url.invalidate(url, error);
    this.#writtenAtRenewal = this.#maxWritten;
  }
}
