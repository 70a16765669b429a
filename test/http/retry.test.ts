import { describe, expect, it } from 'vitest';
import {
  AccessError,
  type CivitdlError,
  ContentError,
  FileSystemError,
  InterruptedError,
  NetworkError,
  NotFoundError,
  RateLimitError,
  ServerError,
  UsageError,
} from '../../src/errors.js';
import {
  parseRetryAfter,
  type RetryPolicy,
  retryWait,
  waitForRetry,
  withRetry,
} from '../../src/http/retry.js';

const middle = () => 0.5;
const network = new NetworkError('broken', 'broken');
const server = (retryAfterMs?: number) => new ServerError('server', 'failed', { retryAfterMs });
const limit = (retryAfterMs?: number) => new RateLimitError('rate-limited', 'too many', { retryAfterMs });

describe('the wait before a retry', () => {
  it.each([
    ['doubles from one to 30 seconds', network, [750, 1500, 3000, 6000, 12_000, 22_500, 22_500]],
    ['is the same after a page in place of an image', new ContentError('wrong-kind', 'x'), [750, 1500]],
    ['is the same after a 500', server(), [750, 1500, 3000, 6000, 12_000, 22_500, 22_500]],
    ['starts at ten seconds after a 429', limit(), [7500, 15_000, 22_500, 22_500]],
    ['is Retry-After', server(2_000), [2_000, 2_000, 2_000]],
    ['is Retry-After, even if it is 0', limit(0), [0, 0]],
    ['is Retry-After, up to five minutes', limit(300_000), [300_000]],
    ['is undefined for a longer Retry-After of a 429', limit(300_001), [undefined, undefined]],
    ['is undefined for a longer Retry-After of a 500', server(3_600_000), [undefined]],
  ] as const)('%s', (_what, error, waits) => {
    expect(waits.map((_, index) => retryWait(error, index + 1, middle))).toEqual(waits);
  });

  it('is random between half and all of that', () => {
    expect(retryWait(network, 1, () => 0)).toBe(500);
    expect(retryWait(network, 1, () => 1)).toBe(1_000);
    expect(retryWait(network, 1_000, () => 1)).toBe(30_000);
    expect(retryWait(limit(), 1_000, () => 1)).toBe(30_000);
  });

  it.each<readonly [what: string, error: unknown]>([
    ['an untrusted peer', new NetworkError('untrusted', 'x')],
    ['an invalid response', new ServerError('bad-answer', 'x', { retryAfterMs: 1 })],
    ['the guard of a site', new ServerError('guarded', 'x')],
    ['a daily limit', new RateLimitError('daily-limit', 'x', { retryAfterMs: 1 })],
    ['a missing key', new AccessError('key-missing', 'x')],
    ['a missing model', new NotFoundError('not-found', 'x')],
    ['a wrong checksum', new ContentError('wrong-checksum', 'x')],
    ['a full disk', new FileSystemError('no-space', 'x')],
    ['a usage error', new UsageError('usage', 'x')],
    ['an interruption', new InterruptedError()],
    ['a TypeError', new TypeError('x')],
    ['a text', 'x'],
  ])('is undefined for %s', (_what, error) => {
    expect(retryWait(error, 1, middle)).toBeUndefined();
  });

  it.each(['unreachable', 'broken', 'timeout'] as const)(
    'is 750 ms for a network error with the code %s',
    (code) => {
      expect(retryWait(new NetworkError(code, 'x'), 1, middle)).toBe(750);
    },
  );
});

describe('retries', () => {
  function policyOf(retries: number) {
    const waits: number[] = [];
    const reported: (readonly [CivitdlError, number])[] = [];
    const policy: RetryPolicy = {
      retries,
      random: middle,
      sleep: async (ms) => {
        waits.push(ms);
      },
      onRetry: (error, waitMs) => reported.push([error, waitMs]),
    };
    return { policy, waits, reported };
  }

  /** Returns an attempt that fails with each of these errors, and then succeeds. */
  function failing(...errors: readonly unknown[]) {
    let tries = 0;
    const attempt = async () => {
      const error = errors[tries++];
      if (error !== undefined) throw error;
      return 'done';
    };
    return { attempt, tries: () => tries };
  }

  const { signal } = new AbortController();

  it('end with the first success', async () => {
    const { policy, waits, reported } = policyOf(3);
    const { attempt, tries } = failing(network, server(50));
    await expect(withRetry(attempt, policy, signal)).resolves.toBe('done');
    expect(tries()).toBe(3);
    expect(waits).toEqual([750, 50]);
    expect(reported).toEqual([
      [network, 750],
      [expect.any(ServerError), 50],
    ]);
  });

  it.each([0, 1, 3])('end with the last error after %i retries', async (retries) => {
    const { policy, waits } = policyOf(retries);
    const errors = Array.from({ length: 10 }, (_, index) => new NetworkError('broken', `${index}`));
    const { attempt, tries } = failing(...errors);
    await expect(withRetry(attempt, policy, signal)).rejects.toBe(errors[retries]);
    expect(tries()).toBe(retries + 1);
    expect(waits).toHaveLength(retries);
  });

  it('end with an error that no retry can help', async () => {
    const { policy, waits } = policyOf(3);
    const missing = new NotFoundError('not-found', 'x');
    await expect(withRetry(failing(network, missing).attempt, policy, signal)).rejects.toBe(missing);
    expect(waits).toEqual([750]);
  });

  it('end if the signal has aborted during the attempt', async () => {
    const { policy, waits } = policyOf(3);
    await expect(withRetry(failing(network).attempt, policy, AbortSignal.abort())).rejects.toBe(network);
    expect(waits).toEqual([]);
  });

  it('end with the reason of a signal that aborts a wait', async () => {
    const reason = new InterruptedError();
    const policy = { ...policyOf(3).policy, sleep: () => Promise.reject(reason) };
    await expect(withRetry(failing(network).attempt, policy, signal)).rejects.toBe(reason);
  });

  it('count from the number of failures of the caller', async () => {
    const { policy, waits } = policyOf(3);
    await waitForRetry(network, 3, policy, signal);
    await expect(waitForRetry(network, 4, policy, signal)).rejects.toBe(network);
    expect(waits).toEqual([3000]);
  });
});

describe('the header Retry-After', () => {
  const now = Date.parse('2026-08-15T12:00:00Z');
  it.each([
    ['2', 2_000],
    [' 120 ', 120_000],
    ['0', 0],
    ['Sat, 15 Aug 2026 12:00:30 GMT', 30_000],
    ['Sat, 15 Aug 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j is %s ms', (value, ms) => {
    expect(parseRetryAfter(value, now)).toBe(ms);
  });

  it('of 400 digits allows no retry', () => {
    const retryAfterMs = parseRetryAfter('9'.repeat(400), now);
    expect(retryWait(server(retryAfterMs), 1, middle)).toBeUndefined();
  });
});
