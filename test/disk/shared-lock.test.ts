import { readdir } from 'node:fs/promises';
import { expect } from 'vitest';
import { createLock } from '../../src/disk/lock.js';
import { SharedLock } from '../../src/disk/shared-lock.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';

const { signal } = new AbortController();
const lock = createLock({ pid: process.pid, isRunning: () => true });

const names = () => readdir(sandbox.path('deep/er'));
const open = () => new SharedLock(sandbox.path('deep/er/it.lock'), lock, signal);

/** An action that lasts until the test ends it. */
function lasting() {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { end, action: () => ended };
}

it('is held from the first action to the last', async () => {
  const shared = open();
  const [one, other] = [lasting(), lasting()];
  const first = shared.use(one.action);
  const second = shared.use(other.action);
  one.end();
  await first;
  expect(await names()).toEqual(['it.lock']);
  other.end();
  await second;
  expect(await names()).toEqual([]);
  expect(await shared.use(async () => 'once more')).toBe('once more');
  expect(await names()).toEqual([]);
});

it('keeps other holders waiting', async () => {
  const one = lasting();
  let isHeld = () => {};
  const held = new Promise<void>((resolve) => {
    isHeld = resolve;
  });
  const first = open().use(() => {
    isHeld();
    return one.action();
  });
  await held;
  let isDone = false;
  const second = open().use(async () => {
    isDone = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(isDone).toBe(false);
  one.end();
  await Promise.all([first, second]);
  expect(isDone).toBe(true);
});

it('is released when an action fails', async () => {
  await expect(open().use(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await names()).toEqual([]);
});

it('fails if its folder cannot be created', async () => {
  await sandbox.write('file', '');
  const shared = new SharedLock(sandbox.path('file/it.lock'), lock, signal);
  await expect(shared.use(async () => {})).rejects.toMatchObject({ code: 'file-system' });
});
