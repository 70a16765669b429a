import { describe, expect, it } from 'vitest';
import { NetworkError, NotFoundError } from '../../src/errors.js';
import type { RetryPolicy } from '../../src/http/retry.js';
import { RetryBudget } from '../../src/http/retry.js';
import { SignedUrl } from '../../src/transfer/signed-url.js';

const rejected = new Error('rejected');
const { signal } = new AbortController();

function createUrl(failures: readonly Error[] = []) {
  let fetches = 0;
  const waits: number[] = [];
  const left = [...failures];
  const policy: RetryPolicy = {
    retries: 3,
    random: () => 0.5,
    sleep: async (ms) => {
      waits.push(ms);
    },
  };
  const fetchUrl = async () => {
    fetches++;
    await Promise.resolve();
    const failure = left.shift();
    if (failure) throw failure;
    return new URL(`https://storage.example/${fetches}`);
  };
  const signedUrl = new SignedUrl(fetchUrl, new RetryBudget(policy), signal);
  return { signedUrl, waits, fetches: () => fetches, path: async () => (await signedUrl.get()).pathname };
}

describe('a signed URL', () => {
  it('is fetched once for all connections', async () => {
    const { path, fetches } = createUrl();
    expect(fetches()).toBe(0);
    expect(await Promise.all([path(), path(), path()])).toEqual(['/1', '/1', '/1']);
    expect(await path()).toBe('/1');
    expect(fetches()).toBe(1);
  });

  it('is fetched once more after several connections were rejected', async () => {
    const { signedUrl, path, fetches } = createUrl();
    const url = await signedUrl.get();
    const renewed = [1, 2, 3].map(() => {
      signedUrl.invalidate(url, rejected);
      return path();
    });
    expect(await Promise.all(renewed)).toEqual(['/2', '/2', '/2']);
    signedUrl.invalidate(url, rejected);
    expect(await path()).toBe('/2');
    expect(fetches()).toBe(2);
  });

  it('throws after four rejections in a row', async () => {
    const { signedUrl, fetches } = createUrl();
    for (let renewals = 0; renewals < 3; renewals++) signedUrl.invalidate(await signedUrl.get(), rejected);
    const last = await signedUrl.get();
    expect(() => signedUrl.invalidate(last, rejected)).toThrow(rejected);
    expect(fetches()).toBe(4);
  });

  it('may be renewed any number of times if each one is confirmed', async () => {
    const { signedUrl, fetches } = createUrl();
    for (let renewals = 0; renewals < 20; renewals++) {
      signedUrl.invalidate(await signedUrl.get(), rejected);
      await signedUrl.get();
      signedUrl.confirm();
    }
    expect(fetches()).toBe(21);
  });

  it('is fetched with retries', async () => {
    const { path, waits } = createUrl([new NetworkError('broken', 'x'), new NetworkError('timeout', 'x')]);
    expect(await path()).toBe('/3');
    expect(waits).toEqual([750, 1500]);
  });

  it('keeps a final error', async () => {
    const missing = new NotFoundError('not-found', 'x');
    const { path, fetches } = createUrl([missing]);
    await expect(path()).rejects.toBe(missing);
    await expect(path()).rejects.toBe(missing);
    expect(fetches()).toBe(1);
  });
});
