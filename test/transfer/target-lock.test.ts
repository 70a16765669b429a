import { readdir, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect } from 'vitest';
import { lockTarget } from '../../src/transfer/target-lock.js';
import { sandbox as box, civitai, it } from '../harness/fixture.js';
import { example, type Given, lock, models, right, transferExample } from './transferring.js';

const { signal } = new AbortController();

it.override('serverOptions', { models });

let target: string;
beforeEach(() => {
  target = box.path('models', example.name);
});

const take = (path = target, onWaiting = () => {}) => lockTarget(path, { lock, signal, onWaiting });

/** Transfers the example, which somebody else is busy with until something was done in the meantime. */
async function transferAfter(meantime: () => Promise<void>) {
  const turn = await take();
  return transferExample(civitai, box, {
    onEvent: ({ type }) => {
      if (type === 'waiting') void meantime().then(() => turn.release());
    },
  });
}

describe('the turn of a process', () => {
  it('is a file beside the target, in a folder that is made, and nothing afterwards', async () => {
    const turn = await take(box.path('models/deep/a.ckpt'));
    expect(turn.waited).toBe(false);
    expect(await readdir(box.path('models/deep'))).toEqual(['a.ckpt.part.lock']);
    await turn.release();
    expect(await readdir(box.path('models/deep'))).toEqual([]);
  });

  it('comes when that of another one ends', async () => {
    const first = await take();
    let waits = 0;
    const second = take(target, () => {
      waits++;
      void first.release();
    });
    expect((await second).waited).toBe(true);
    expect(waits).toBe(1);
    await (await second).release();
    expect(await box.tree()).toEqual([]);
  });

  it('is told when it can not be had', async () => {
    await box.write('file', '');
    await expect(take(box.path('file/a.ckpt'))).rejects.toMatchObject({ code: 'file-system' });
  });
});

describe('a transfer that had to wait', () => {
  it('takes the file that another one has fetched', async () => {
    const { error, notices, resumed, isRight, names } = await transferAfter(() => writeFile(target, right));
    expect(error).toBeUndefined();
    expect(isRight).toBe(true);
    expect(resumed).toBe(right.length);
    expect(notices).toEqual([{ type: 'waiting' }]);
    expect(names).toEqual([example.name]);
    expect(civitai.requests).toEqual([]);
  });

  it.each<readonly [what: string, meantime: () => Promise<void>]>([
    ['nothing', async () => {}],
    ['a shorter file', () => writeFile(target, right.subarray(1))],
    ['a file of other bytes', () => writeFile(target, Buffer.alloc(right.length))],
  ])('fetches the file itself where the other one has left %s', async (_what, meantime) => {
    const { error, resumed, isRight, names } = await transferAfter(meantime);
    expect(error).toBeUndefined();
    expect(isRight).toBe(true);
    expect(resumed).toBe(0);
    expect(names).toEqual([example.name]);
  });

  it('goes on where the other one was interrupted', async () => {
    const controller = new AbortController();
    civitai.setRate(3_000_000);
    let isUnderWay = () => {};
    const underWay = new Promise<void>((resolve) => {
      isUnderWay = resolve;
    });
    const first = transferExample(civitai, box, {
      signal: controller.signal,
      onProgress: (received) => {
        if (received > 600_000) isUnderWay();
      },
    });
    await underWay;
    const second = transferExample(civitai, box, {
      onEvent: ({ type }) => {
        if (type === 'waiting') controller.abort(new Error('enough'));
      },
    });
    expect((await first).error?.message).toBe('enough');
    const { isRight, resumed, notices } = await second;
    expect(isRight).toBe(true);
    expect(resumed).toBeGreaterThan(500_000);
    expect(notices.map(({ type }) => type)).toEqual(['waiting', 'resumed', 'verified']);
  });

  it('ends with the signal, and leaves the other one its turn', async () => {
    const controller = new AbortController();
    const turn = await take();
    const { error, names } = await transferExample(civitai, box, {
      signal: controller.signal,
      onEvent: () => controller.abort(new Error('enough')),
    });
    expect(error?.message).toBe('enough');
    expect(names).toEqual([`${example.name}.part.lock`]);
    await turn.release();
  });
});

it.each<readonly [how: string, given: Given]>([
  ['a transfer that fails', { size: 5 }],
  ['a transfer of wrong bytes', { sha256: '0'.repeat(64) }],
])('%s leaves no lock', async (_how, given) => {
  const { error, names } = await transferExample(civitai, box, given);
  expect(error).toBeDefined();
  expect(names).toEqual([]);
});
