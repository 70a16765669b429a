/** Milliseconds; longer than this, a user wants to know rather than to wait. */
export const MAX_RETRY_AFTER_MS = 300_000;

/** Milliseconds from a `Retry-After` header: seconds or a date (RFC 9110, section 10.2.3). */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1_000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
