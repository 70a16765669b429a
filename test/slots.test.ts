import { expect, it } from 'vitest';
import { Slots } from '../src/slots.js';

it('Slots let so many do something at a time, in their order, though some fail', async () => {
  const slots = new Slots(2);
  const order: number[] = [];
  let running = 0;
  let most = 0;
  const use = (number: number) =>
    slots.use(async () => {
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
