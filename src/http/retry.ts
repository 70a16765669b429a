import { CivitdlError, NetworkError, RateLimitError, ServerError } from '../errors.js';

export interface RetryPolicy {
  /** Retries after the first try. */
  readonly retries: number;
  /** Waits that many milliseconds, or rejects with the signal's reason. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** 0 to 1, as Math.random. */
  readonly random: () => number;
  /** Told before each wait. */
  readonly onRetry?: (error: CivitdlError, waitMs: number) => void;
}

const MIN_WAIT_MS = 1_000;
const MAX_WAIT_MS = 30_000;
/** A limit that does not say when it ends is asked rarely: hammering makes it worse. */
const RATE_LIMIT_WAIT_MS = 10_000;

/**
 * Milliseconds to wait before trying again, or undefined when another try can't help.
 * @param attempt how many tries have failed since something last went well, from 1
 */
export function retryWait(error: unknown, attempt: number, random: () => number): number | undefined {
  if (error instanceof NetworkError)
    return error.code === 'untrusted' ? undefined : backoff(MIN_WAIT_MS, attempt, random);
  if (error instanceof ServerError)
    return error.code === 'server' ? serverWait(error, MIN_WAIT_MS, attempt, random) : undefined;
  if (error instanceof RateLimitError) {
    return error.code === 'rate-limited' ? serverWait(error, RATE_LIMIT_WAIT_MS, attempt, random) : undefined;
  }
  return undefined;
}

function serverWait(
  { retryAfterMs }: { readonly retryAfterMs: number | undefined },
  first: number,
  attempt: number,
  random: () => number,
): number | undefined {
  if (retryAfterMs === undefined) return backoff(first, attempt, random);
  return retryAfterMs <= MAX_RETRY_AFTER_MS ? retryAfterMs : undefined;
}

/** Doubles with each attempt; a random half keeps many clients from coming back together. */
function backoff(first: number, attempt: number, random: () => number): number {
  const full = Math.min(first * 2 ** (attempt - 1), Math.max(first, MAX_WAIT_MS));
  return Math.round(full / 2 + (full / 2) * random());
}

/** Carries out `attempt` until it succeeds, can't succeed, or the retries are used up; then its last error is thrown. */
export async function withRetry<T>(
  attempt: () => Promise<T>,
  policy: RetryPolicy,
  signal: AbortSignal,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      await waitForRetry(error, failures, policy, signal);
    }
  }
}

/**
 * Waits before the next try.
 * @throws the error itself when there is no next try
 */
export async function waitForRetry(
  error: unknown,
  failures: number,
  policy: RetryPolicy,
  signal: AbortSignal,
): Promise<void> {
  const wait = failures > policy.retries ? undefined : retryWait(error, failures, policy.random);
  if (wait === undefined || signal.aborted) throw error;
  if (error instanceof CivitdlError) policy.onRetry?.(error, wait);
  await policy.sleep(wait, signal);
}

/** Milliseconds; longer than this, a user wants to know rather than to wait. */
export const MAX_RETRY_AFTER_MS = 300_000;

/** Milliseconds from a `Retry-After` header: seconds or a date (RFC 9110, section 10.2.3). */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1_000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

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
