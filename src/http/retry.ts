import { CivitdlError, NetworkError, RateLimitError, ServerError } from '../errors.js';
import { LONGEST_RETRY_AFTER } from './retry-after.js';

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

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;
/** A limit that does not say when it ends is asked rarely: hammering makes it worse. */
const RATE_LIMIT_WAIT = 10_000;

/**
 * Milliseconds to wait before trying again, or undefined when another try can't help.
 * @param attempt how many tries have failed since something last went well, from 1
 */
export function retryWait(error: unknown, attempt: number, random: () => number): number | undefined {
  if (error instanceof NetworkError)
    return error.code === 'untrusted' ? undefined : backoff(FIRST_WAIT, attempt, random);
  if (error instanceof ServerError)
    return error.code === 'server' ? asked(error, FIRST_WAIT, attempt, random) : undefined;
  if (error instanceof RateLimitError) {
    return error.code === 'rate-limited' ? asked(error, RATE_LIMIT_WAIT, attempt, random) : undefined;
  }
  return undefined;
}

function asked(
  { retryAfter }: { readonly retryAfter: number | undefined },
  first: number,
  attempt: number,
  random: () => number,
): number | undefined {
  if (retryAfter === undefined) return backoff(first, attempt, random);
  return retryAfter <= LONGEST_RETRY_AFTER ? retryAfter : undefined;
}

/** Doubles with each attempt; a random half keeps many clients from coming back together. */
function backoff(first: number, attempt: number, random: () => number): number {
  const full = Math.min(first * 2 ** (attempt - 1), Math.max(first, LONGEST_WAIT));
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
