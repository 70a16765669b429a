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

describe('the wait before another try', () => {
  it.each([
    ['doubles from a second to half a minute', network, [750, 1500, 3000, 6000, 12_000, 22_500, 22_500]],
    ['is the same for a server that fails', server(), [750, 1500, 3000, 6000, 12_000, 22_500, 22_500]],
    ['is longer where there are too many requests', limit(), [7500, 15_000, 22_500, 22_500]],
    ['is what the server asks for', server(2_000), [2_000, 2_000, 2_000]],
    ['is what the server asks for, even nothing', limit(0), [0, 0]],
    ['is what the server asks for, up to five minutes', limit(300_000), [300_000]],
    ['is none when the server asks for more than that', limit(300_001), [undefined, undefined]],
    ['is none when a failing server asks for more than that', server(3_600_000), [undefined]],
  ] as const)('%s', (_what, error, waits) => {
    expect(waits.map((_, index) => retryWait(error, index + 1, middle))).toEqual(waits);
  });

  it('lies between half and all of that, by chance', () => {
    expect(retryWait(network, 1, () => 0)).toBe(500);
    expect(retryWait(network, 1, () => 1)).toBe(1_000);
    expect(retryWait(network, 1_000, () => 1)).toBe(30_000);
    expect(retryWait(limit(), 1_000, () => 1)).toBe(30_000);
  });

  it.each<readonly [what: string, error: unknown]>([
    ['a peer that is not to be trusted', new NetworkError('untrusted', 'x')],
    ['an answer that makes no sense', new ServerError('bad-answer', 'x', { retryAfterMs: 1 })],
    ['the limit of a day', new RateLimitError('daily-limit', 'x', { retryAfterMs: 1 })],
    ['no access', new AccessError('key-missing', 'x')],
    ['nothing there', new NotFoundError('not-found', 'x')],
    ['wrong bytes', new ContentError('wrong-checksum', 'x')],
    ['a disk that refuses', new FileSystemError('no-space', 'x')],
    ['wrong usage', new UsageError('usage', 'x')],
    ['an interruption', new InterruptedError()],
    ['a mistake of ours', new TypeError('x')],
    ['something that is no error', 'x'],
  ])('is none for %s', (_what, error) => {
    expect(retryWait(error, 1, middle)).toBeUndefined();
  });

  it.each(['unreachable', 'broken', 'timeout'] as const)('is there for a connection that is %s', (code) => {
    expect(retryWait(new NetworkError(code, 'x'), 1, middle)).toBe(750);
  });
});

describe('trying again', () => {
  function policyOf(retries: number) {
    const waits: number[] = [];
    const told: (readonly [CivitdlError, number])[] = [];
    const policy: RetryPolicy = {
      retries,
      random: middle,
      sleep: async (ms) => {
        waits.push(ms);
      },
      onRetry: (error, wait) => told.push([error, wait]),
    };
    return { policy, waits, told };
  }

  /** An attempt that fails with these errors, one after another, and succeeds then. */
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

  it('ends with the first success', async () => {
    const { policy, waits, told } = policyOf(3);
    const { attempt, tries } = failing(network, server(50));
    await expect(withRetry(attempt, policy, signal)).resolves.toBe('done');
    expect(tries()).toBe(3);
    expect(waits).toEqual([750, 50]);
    expect(told).toEqual([
      [network, 750],
      [expect.any(ServerError), 50],
    ]);
  });

  it.each([0, 1, 3])('ends after %i retries with the last error', async (retries) => {
    const { policy, waits } = policyOf(retries);
    const errors = Array.from({ length: 10 }, (_, index) => new NetworkError('broken', `${index}`));
    const { attempt, tries } = failing(...errors);
    await expect(withRetry(attempt, policy, signal)).rejects.toBe(errors[retries]);
    expect(tries()).toBe(retries + 1);
    expect(waits).toHaveLength(retries);
  });

  it('ends with an error that no retry helps', async () => {
    const { policy, waits } = policyOf(3);
    const missing = new NotFoundError('not-found', 'x');
    await expect(withRetry(failing(network, missing).attempt, policy, signal)).rejects.toBe(missing);
    expect(waits).toEqual([750]);
  });

  it('ends when the signal has aborted meanwhile', async () => {
    const { policy, waits } = policyOf(3);
    await expect(withRetry(failing(network).attempt, policy, AbortSignal.abort())).rejects.toBe(network);
    expect(waits).toEqual([]);
  });

  it('ends with the reason of a signal that aborts a wait', async () => {
    const reason = new InterruptedError();
    const policy = { ...policyOf(3).policy, sleep: () => Promise.reject(reason) };
    await expect(withRetry(failing(network).attempt, policy, signal)).rejects.toBe(reason);
  });

  it('counts from where its caller counts', async () => {
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

  it('of an absurd number is a wait that nobody waits', () => {
    const retryAfterMs = parseRetryAfter('9'.repeat(400), now);
    expect(retryWait(server(retryAfterMs), 1, middle)).toBeUndefined();
  });
});
