import { describe, expect, it } from 'vitest';
import { NetworkError, NotFoundError } from '../../src/errors.js';
import type { RetryPolicy } from '../../src/http/retry.js';
import { RetryBudget } from '../../src/http/retry.js';
import { SignedUrl } from '../../src/transfer/signed-url.js';

const refused = new Error('refused');
const { signal } = new AbortController();

function locationOf(failures: readonly Error[] = []) {
  let asked = 0;
  const waits: number[] = [];
  const left = [...failures];
  const policy: RetryPolicy = {
    retries: 3,
    random: () => 0.5,
    sleep: async (ms) => {
      waits.push(ms);
    },
  };
  const locate = async () => {
    asked++;
    await Promise.resolve();
    const failure = left.shift();
    if (failure) throw failure;
    return new URL(`https://storage.example/${asked}`);
  };
  const location = new SignedUrl(locate, new RetryBudget(policy), signal);
  return { location, waits, asked: () => asked, path: async () => (await location.get()).pathname };
}

describe('the URL of a file', () => {
  it('is asked for once by all connections together', async () => {
    const { path, asked } = locationOf();
    expect(asked()).toBe(0);
    expect(await Promise.all([path(), path(), path()])).toEqual(['/1', '/1', '/1']);
    expect(await path()).toBe('/1');
    expect(asked()).toBe(1);
  });

  it('is asked for again, once, when all of them find it refused', async () => {
    const { location, path, asked } = locationOf();
    const url = await location.get();
    const renewed = [1, 2, 3].map(() => {
      location.invalidate(url, refused);
      return path();
    });
    expect(await Promise.all(renewed)).toEqual(['/2', '/2', '/2']);
    location.invalidate(url, refused);
    expect(await path()).toBe('/2');
    expect(asked()).toBe(2);
  });

  it('is not asked for without end where every fresh one is refused', async () => {
    const { location, asked } = locationOf();
    for (let renewals = 0; renewals < 3; renewals++) location.invalidate(await location.get(), refused);
    const last = await location.get();
    expect(() => location.invalidate(last, refused)).toThrow(refused);
    expect(asked()).toBe(4);
  });

  it('may be renewed any number of times as long as each brings something', async () => {
    const { location, asked } = locationOf();
    for (let renewals = 0; renewals < 20; renewals++) {
      location.invalidate(await location.get(), refused);
      await location.get();
      location.confirm();
    }
    expect(asked()).toBe(21);
  });

  it('is asked for with all retries', async () => {
    const { path, waits } = locationOf([new NetworkError('broken', 'x'), new NetworkError('timeout', 'x')]);
    expect(await path()).toBe('/3');
    expect(waits).toEqual([750, 1500]);
  });

  it('that can not be had is not asked for again', async () => {
    const missing = new NotFoundError('not-found', 'x');
    const { path, asked } = locationOf([missing]);
    await expect(path()).rejects.toBe(missing);
    await expect(path()).rejects.toBe(missing);
    expect(asked()).toBe(1);
  });
});
