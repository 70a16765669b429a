import { CivitdlError, ContentError, NetworkError, RateLimitError, ServerError } from '../errors.js';

export interface RetryPolicy {
  readonly retries: number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
  /** Called before each wait. */
  readonly onRetry?: (error: CivitdlError, waitMs: number) => void;
}

const MIN_WAIT_MS = 1_000;
const MAX_WAIT_MS = 30_000;
/** After a 429 without `Retry-After`: early retries make it worse. */
const RATE_LIMIT_WAIT_MS = 10_000;
/** A user prefers an error to a longer wait. */
export const MAX_RETRY_AFTER_MS = 300_000;

/** Returns the milliseconds to wait after a number of failures in a row, or undefined if no retry can help. */
export function retryWait(error: unknown, failures: number, random: () => number): number | undefined {
  if (error instanceof NetworkError) {
    const isFinal = error.code === 'untrusted' || error.code === 'proxy-refused';
    return isFinal ? undefined : backoff(MIN_WAIT_MS, failures, random);
  }
  if (error instanceof ServerError)
    return error.code === 'server' ? serverWait(error, MIN_WAIT_MS, failures, random) : undefined;
  if (error instanceof RateLimitError) {
    return error.code === 'rate-limited'
      ? serverWait(error, RATE_LIMIT_WAIT_MS, failures, random)
      : undefined;
  }
  // A page in place of an image, for example, as from a server that fails.
  return error instanceof ContentError && error.code === 'wrong-kind'
    ? backoff(MIN_WAIT_MS, failures, random)
    : undefined;
}

function serverWait(
  { retryAfterMs }: { readonly retryAfterMs: number | undefined },
  initialMs: number,
  failures: number,
  random: () => number,
): number | undefined {
  if (retryAfterMs === undefined) return backoff(initialMs, failures, random);
  return retryAfterMs <= MAX_RETRY_AFTER_MS ? retryAfterMs : undefined;
}

/** The random half keeps clients from retrying at the same time. */
function backoff(initialMs: number, failures: number, random: () => number): number {
  const fullMs = Math.min(initialMs * 2 ** (failures - 1), Math.max(initialMs, MAX_WAIT_MS));
  return Math.round(fullMs / 2 + (fullMs / 2) * random());
}

/** Runs `attempt` until it succeeds. Throws its last error if no retry can help or is left. */
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

/** Waits before the next retry. Throws the given error if no retry can help or is left. */
export async function waitForRetry(
  error: unknown,
  failures: number,
  policy: RetryPolicy,
  signal: AbortSignal,
): Promise<void> {
  const waitMs = failures > policy.retries ? undefined : retryWait(error, failures, policy.random);
  if (waitMs === undefined || signal.aborted) throw error;
  if (error instanceof CivitdlError) policy.onRetry?.(error, waitMs);
  await policy.sleep(waitMs, signal);
}

/** Returns the milliseconds of a `Retry-After` header: seconds or a date (RFC 9110, section 10.2.3). */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1_000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** The retries that all requests of one transfer share. */
export class RetryBudget {
  readonly #policy: RetryPolicy;
  #failures = 0;

  constructor(policy: RetryPolicy) {
    this.#policy = policy;
  }

  /** @throws the given error if no retry can help or is left */
  async wait(error: unknown, signal: AbortSignal): Promise<void> {
    await waitForRetry(error, ++this.#failures, this.#policy, signal);
  }

  renew(): void {
    this.#failures = 0;
  }
}
