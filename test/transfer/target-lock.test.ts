import { readdir, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect } from 'vitest';
import { lockTarget, removeStaleSidecars } from '../../src/transfer/target-lock.js';
import type { FaultKind } from '../fake-civitai/civitai.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { example, type Given, lock, models, right, transferExample } from './transferring.js';

const { signal } = new AbortController();
it.override('serverOptions', { models });
let target: string;
beforeEach(() => {
  target = sandbox.path('models', example.name);
});

const lockPath = (path = target, onWaiting = () => {}) => lockTarget(path, { lock, signal, onWaiting });

/** Transfers the example while another holder of the lock does something first. */
async function transferAfter(meantime: () => Promise<void>) {
  const held = await lockPath();
  return transferExample(civitai, sandbox, {
    onEvent: ({ type }) => {
      if (type === 'waiting') void meantime().then(() => held.release());
    },
  });
}

describe('the lock of a target', () => {
  it('is a file next to the target while it is held, in a new folder', async () => {
    const held = await lockPath(sandbox.path('models/deep/a.ckpt'));
    expect(held.waited).toBe(false);
    expect(await readdir(sandbox.path('models/deep'))).toEqual(['a.ckpt.part.lock']);
    await held.release();
    expect(await readdir(sandbox.path('models/deep'))).toEqual([]);
  });

  it('waits for another holder', async () => {
    const first = await lockPath();
    let waits = 0;
    const second = lockPath(target, () => {
      waits++;
      void first.release();
    });
    expect((await second).waited).toBe(true);
    expect(waits).toBe(1);
    await (await second).release();
    expect(await sandbox.tree()).toEqual([]);
  });

  it('reports file system errors', async () => {
    await sandbox.write('file', '');
    await expect(lockPath(sandbox.path('file/a.ckpt'))).rejects.toMatchObject({ code: 'file-system' });
  });
});

describe('a transfer that had to wait', () => {
  it('returns the file that the other process completed', async () => {
    const { error, events, resumed, isRight, names } = await transferAfter(() => writeFile(target, right));
    expect(error).toBeUndefined();
    expect(isRight).toBe(true);
    expect(resumed).toBe(right.length);
    expect(events).toEqual([{ type: 'waiting' }]);
    expect(names).toEqual([example.name]);
    expect(civitai.requests).toEqual([]);
  });

  it.each<readonly [name: string, meantime: () => Promise<void>]>([
    ['nothing', async () => {}],
    ['a shorter file', () => writeFile(target, right.subarray(1))],
    ['a file of other bytes', () => writeFile(target, Buffer.alloc(right.length))],
  ])('fetches the file if the other process left %s', async (_name, meantime) => {
    const { error, resumed, isRight, names } = await transferAfter(meantime);
    expect(error).toBeUndefined();
    expect(isRight).toBe(true);
    expect(resumed).toBe(0);
    expect(names).toEqual([example.name]);
  });

  it('resumes the part file of an interrupted process', async () => {
    const controller = new AbortController();
    civitai.setRate(3_000_000);
    let onUnderWay = () => {};
    const underWay = new Promise<void>((resolve) => {
      onUnderWay = resolve;
    });
    const first = transferExample(civitai, sandbox, {
      signal: controller.signal,
      onProgress: (received) => {
        if (received > 600_000) onUnderWay();
      },
    });
    await underWay;
    const second = transferExample(civitai, sandbox, {
      onEvent: ({ type }) => {
        if (type === 'waiting') controller.abort(new Error('enough'));
      },
    });
    expect((await first).error?.message).toBe('enough');
    const { isRight, resumed, events } = await second;
    expect(isRight).toBe(true);
    expect(resumed).toBeGreaterThan(500_000);
    expect(events.map(({ type }) => type)).toEqual(['waiting', 'resumed', 'verified']);
  });

  it('can be aborted without releasing the lock of the other process', async () => {
    const controller = new AbortController();
    const held = await lockPath();
    const { error, names } = await transferExample(civitai, sandbox, {
      signal: controller.signal,
      onEvent: () => controller.abort(new Error('enough')),
    });
    expect(error?.message).toBe('enough');
    expect(names).toEqual([`${example.name}.part.lock`]);
    await held.release();
  });
});

it.each<readonly [name: string, given: Given, fault: FaultKind]>([
  ['a transfer that fails', {}, { kind: 'status', status: 404 }],
  ['a transfer of wrong bytes', { sha256: '0'.repeat(64) }, { kind: 'delay', ms: 1 }],
])('%s leaves no lock', async (_name, given, fault) => {
  civitai.fault({ on: 'storage', ...fault });
  const { error, names } = await transferExample(civitai, sandbox, given);
  expect(error).toBeDefined();
  expect(names).toEqual([]);
});

describe('stale sidecars', () => {
  it('are removed next to a complete target', async () => {
    await sandbox.write('models/a.ckpt', '0123456789');
    await sandbox.write('models/a.ckpt.part.json', '{}');
    removeStaleSidecars(sandbox.path('models/a.ckpt'));
    removeStaleSidecars(sandbox.path('models/a.ckpt'));
    expect(await sandbox.tree()).toEqual(['a.ckpt']);
  });

  it('do not include the record of a part file', async () => {
    const names = ['a.ckpt', 'a.ckpt.part', 'a.ckpt.part.json'];
    for (const name of names) await sandbox.write(`models/${name}`, '01234');
    removeStaleSidecars(sandbox.path('models/a.ckpt'));
    expect(await sandbox.tree()).toEqual(names);
  });
});
