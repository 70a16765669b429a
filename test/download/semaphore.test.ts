import { expect, it } from 'vitest';
import { Semaphore } from '../../src/download/semaphore.js';

const settle = () => new Promise((resolve) => setImmediate(resolve));

it('a semaphore is released once, even if its release is called again', async () => {
  const semaphore = new Semaphore(1);
  const order: string[] = [];
  const acquire = async (name: string) => {
    const release = await semaphore.acquire();
    order.push(name);
    return release;
  };
  const releaseFirst = await acquire('first');
  const second = acquire('second');
  const third = acquire('third');
  releaseFirst();
  releaseFirst();
  const releaseSecond = await second;
  await settle();
  expect(order).toEqual(['first', 'second']);
  releaseSecond();
  await third;
  expect(order).toEqual(['first', 'second', 'third']);
});

it('a semaphore runs a number of actions in parallel, in order, even if some fail', async () => {
  const semaphore = new Semaphore(2);
  const order: number[] = [];
  let running = 0;
  let max = 0;
  const run = (number: number) =>
    semaphore.run(async () => {
      order.push(number);
      max = Math.max(max, ++running);
      await settle();
      running--;
      if (number % 3 === 0) throw new Error('no');
      return number;
    });
  const ended = await Promise.allSettled([0, 1, 2, 3, 4, 5].map(run));
  expect(ended.map(({ status }) => status === 'fulfilled')).toEqual([false, true, true, false, true, true]);
  expect(order).toEqual([0, 1, 2, 3, 4, 5]);
  expect(max).toBe(2);
});
