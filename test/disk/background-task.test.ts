import { expect, it } from 'vitest';
import { BackgroundTask } from '../../src/disk/background-task.js';

/** Work that ends when the test says so. */
function work() {
  let end = () => {};
  let fail = (_error: Error) => {};
  const promise = new Promise<void>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  return { promise, end, fail };
}

const full = new Error('The disk is full.');

it('is idle before and after its work', async () => {
  const task = new BackgroundTask();
  await task.settled();
  const { promise, end } = work();
  for (const next of [promise, Promise.resolve()]) {
    expect(task.isIdle).toBe(true);
    task.start(next);
    expect(task.isIdle).toBe(false);
    end();
    await task.settled();
  }
  expect(task.isIdle).toBe(true);
  task.throwIfFailed();
});

it('settles after its work, not earlier', async () => {
  const task = new BackgroundTask();
  const { promise, end } = work();
  task.start(promise);
  let isSettled = false;
  const settled = task.settled().then(() => {
    isSettled = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isSettled).toBe(false);
  end();
  await settled;
});

it('keeps a failure for every later call', async () => {
  const task = new BackgroundTask();
  const { promise, fail } = work();
  task.start(promise);
  fail(full);
  task.throwIfFailed();
  await task.settled();
  expect(task.isIdle).toBe(false);
  expect(task.failure).toEqual({ error: full });
  expect(() => task.throwIfFailed()).toThrow(full);
  expect(() => task.throwIfFailed()).toThrow(full);
});
