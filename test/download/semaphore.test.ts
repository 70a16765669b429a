import { expect, it } from 'vitest';
import { Semaphore } from '../../src/download/semaphore.js';

it('A slot is given back once, however often that is said', async () => {
  const slots = new Semaphore(1);
  const order: string[] = [];
  const first = await slots.acquire();
  const second = slots.acquire().then((giveBack) => {
    order.push('second');
    return giveBack;
  });
  const third = slots.acquire().then((giveBack) => {
    order.push('third');
    return giveBack;
  });
  first();
  first();
  const giveBack = await second;
  await new Promise((resolve) => setImmediate(resolve));
  expect(order).toEqual(['second']);
  giveBack();
  await third;
  expect(order).toEqual(['second', 'third']);
});

it('Slots let so many do something at a time, in their order, though some fail', async () => {
  const slots = new Semaphore(2);
  const order: number[] = [];
  let running = 0;
  let most = 0;
  const use = (number: number) =>
    slots.run(async () => {
      order.push(number);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      if (number % 3 === 0) throw new Error('no');
      return number;
    });
  const ended = await Promise.allSettled([0, 1, 2, 3, 4, 5].map(use));
  expect(ended.map(({ status }) => status === 'fulfilled')).toEqual([false, true, true, false, true, true]);
  expect(order).toEqual([0, 1, 2, 3, 4, 5]);
  expect(most).toBe(2);
});
