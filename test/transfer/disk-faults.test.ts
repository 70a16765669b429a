import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, vi } from 'vitest';
import { type Fault, setFaults } from '../harness/faulty-fs.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { putForeign } from '../harness/foreign-file.js';
import { example, type Given, models, right, size, transferExample } from './transferring.js';

vi.mock('node:fs', async (original) =>
  (await import('../harness/faulty-fs.js')).faultyFs(await original<object>()),
);
vi.mock('node:fs/promises', async (original) =>
  (await import('../harness/faulty-fs.js')).faultyFs(await original<object>()),
);
afterEach(() => void setFaults());
it.override('serverOptions', { models });

let part: string;
let record: string;
beforeEach(() => {
  part = sandbox.path('models', `${example.name}.part`);
  record = `${part}.json`;
  civitai.setRate(12_000_000);
});

const transfer = (given: Given = {}) => transferExample(civitai, sandbox, given);
const bytesSent = () => civitai.requestsTo('storage').reduce((sum, { bytesSent: sent }) => sum + sent, 0);

/** Transfers the example, and does something once when so many bytes have arrived: at once, before the next step. */
async function transferAnd(atBytes: number, action: () => unknown, given: Given = {}) {
  let isDone = false;
  const transferred = await transfer({
    ...given,
    onProgress: (received) => {
      if (isDone || received < atBytes) return;
      isDone = true;
      action();
    },
  });
  expect(isDone).toBe(true);
  return transferred;
}

/** Leaves the part file of an interrupted run. */
async function interrupt(): Promise<void> {
  const controller = new AbortController();
  const { error } = await transferAnd(size / 2, () => controller.abort(new Error('enough')), {
    signal: controller.signal,
  });
  expect(error?.message).toBe('enough');
}

describe('A record that cannot be written does not end a transfer:', () => {
  const cases: readonly (readonly [what: string, fault: Fault])[] = [
    ['the disk is full', { call: 'writeFile', path: '.tmp', code: 'ENOSPC' }],
    ['the quota is full', { call: 'writeFile', path: '.tmp', code: 'EDQUOT' }],
    ['its temporary file is forbidden', { call: 'open', path: '.tmp', code: 'EACCES' }],
    ['it gets no name', { call: 'rename', path: '.part.json', code: 'EPERM' }],
    ['it cannot be flushed', { call: 'fsync', path: '.tmp', code: 'EIO' }],
    ['it cannot be opened', { call: 'open', path: '.part.json', code: 'EBUSY' }],
    ['its journal takes no line', { call: 'writeFile', path: '.part.json', code: 'EIO' }],
    ['bytes cannot be flushed', { call: 'fdatasync', code: 'EINVAL' }],
    ['bytes cannot be flushed on a share', { call: 'fdatasync', code: 'EOPNOTSUPP' }],
  ];

  it.each(cases.flatMap(([what, fault]) => [1, 4].map((connections) => [what, connections, fault] as const)))(
    '%s (%i connections)',
    async (_what, maxConnections, fault) => {
      // Slow enough for several journal entries, also on a busy machine.
      civitai.setRate(5_000_000 / maxConnections);
      const counts = setFaults({ ...fault, times: 1_000_000 });
      const { error, isRight, names } = await transfer({ maxConnections });
      expect(error).toBeUndefined();
      expect(isRight).toBe(true);
      expect(names).toEqual([example.name]);
      expect(counts()[0]).toBeGreaterThan(0);
    },
  );
});

describe('Bytes that the disk loses end a transfer:', () => {
  it.each(['EIO', 'ENOSPC', 'EDQUOT', 'EROFS'])('a flush fails with %s', async (code) => {
    setFaults({ call: 'fdatasync', code });
    expect((await transfer()).error).toMatchObject({ name: 'FileSystemError', cause: { code } });
  });
});

describe('Bytes of an earlier run are not lost if for a moment', () => {
  it.each<readonly [what: string, fault: Fault]>([
    ['its part file is held by another program', { call: 'open', path: '.part', code: 'EBUSY', times: 2 }],
    ['its part file is forbidden', { call: 'open', path: '.safetensors.part', code: 'EACCES', times: 3 }],
    ['its record is held by another program', { call: 'open', path: '.part.json', code: 'EBUSY', times: 2 }],
    ['its record is forbidden', { call: 'open', path: '.part.json', code: 'EPERM', times: 2 }],
    ['its bytes cannot be read', { call: 'read', path: '.part', code: 'EBUSY', times: 3 }],
    ['it cannot be cut off', { call: 'ftruncate', code: 'EBUSY', times: 1 }],
  ])('%s', async (_what, fault) => {
    await interrupt();
    const counts = setFaults(fault);
    const { isRight, resumed } = await transfer();
    expect(isRight).toBe(true);
    expect(resumed).toBeGreaterThan(size / 3);
    expect(counts()).toEqual([fault.times]);
    expect(bytesSent()).toBeLessThan(1.5 * size);
  });

  it('are not taken from an earlier start of the machine if they were never flushed, and no SHA256 tells', async () => {
    setFaults({ call: 'fdatasync', code: 'EINVAL' });
    const controller = new AbortController();
    await transferAnd(size / 2, () => controller.abort(new Error('enough')), {
      signal: controller.signal,
      sha256: undefined,
    });
    const head = String(await sandbox.read(`models/${example.name}.part.json`)).split('\n', 1)[0] ?? '';
    expect(JSON.parse(head)).toMatchObject({ flushed: [] });
  });
});

describe('Verified bytes stay, whatever was recorded before:', () => {
  const unnamed: Fault = { call: 'rename', path: example.name, code: 'ENOTEMPTY' };
  it.each<readonly [what: string, faults: readonly Fault[]]>([
    ['the file gets no name', [unnamed]],
    ['the record cannot be written, either', [unnamed, { call: 'open', path: '.tmp', code: 'EIO' }]],
    ['the record cannot be flushed, either', [unnamed, { call: 'fsync', path: '.tmp', code: 'ENOSPC' }]],
    ['the file cannot be flushed', [{ call: 'fsync', path: '.part', code: 'EIO' }]],
    [
      'the file and the record cannot be flushed',
      [
        { call: 'fsync', path: '.part', code: 'EDQUOT' },
        { call: 'fsync', path: '.tmp', code: 'EDQUOT' },
      ],
    ],
  ])('%s', async (_what, faults) => {
    const { error } = await transferAnd(0.8 * size, () => setFaults(...faults));
    expect(error).toMatchObject({ name: 'FileSystemError' });
    expect((await sandbox.read(`models/${example.name}.part`)).equals(right)).toBe(true);
    setFaults();
    const { isRight, resumed, names } = await transfer();
    expect([isRight, resumed]).toEqual([true, size]);
    expect(names).toEqual([example.name]);
    expect(bytesSent()).toBe(size);
  });
});

describe('A part file that another program replaces during a transfer never gets the name:', () => {
  const wrong = randomBytes(size);
  const swap = () => {
    writeFileSync(`${part}.new`, wrong);
    renameSync(`${part}.new`, part);
  };

  it.each<readonly [by: string, change: () => void]>([
    ['other bytes of its size', swap],
    [
      'a shorter file',
      () => {
        writeFileSync(`${part}.new`, 'short');
        renameSync(`${part}.new`, part);
      },
    ],
    [
      'a link to a file of other bytes',
      () => {
        writeFileSync(sandbox.path('other'), wrong);
        rmSync(part);
        symlinkSync(sandbox.path('other'), part);
      },
    ],
    [
      'a link to the right bytes',
      () => {
        writeFileSync(sandbox.path('other'), right);
        rmSync(part);
        symlinkSync(sandbox.path('other'), part);
      },
    ],
    ['longer bytes', () => truncateSync(part, size + 100_000)],
  ])('by %s', async (_by, change) => {
    const { error, isRight, names } = await transferAnd(0.8 * size, change);
    expect(isRight).toBeUndefined();
    expect(error).toMatchObject({
      name: 'FileSystemError',
      message: `Another program has replaced or changed ${part}.`,
    });
    expect(names.filter((name) => name.endsWith('.lock'))).toEqual([]);
    expect((await transfer()).isRight).toBe(true);
  });

  it.each(['FIFO', 'socket', 'link', 'broken link', 'link to a device'] as const)(
    'by a %s, also before its bytes are read again',
    async (kind) => {
      const victim = sandbox.path('victim', 'file');
      let isReplaced: Promise<unknown> | undefined;
      const { error, isRight } = await transferAnd(
        0.3 * size,
        () => {
          rmSync(part);
          isReplaced = putForeign(kind, part, victim);
        },
        { maxConnections: 4 },
      );
      await isReplaced;
      expect(isRight).toBeUndefined();
      expect(error).toMatchObject({ name: 'FileSystemError', message: expect.stringContaining(part) });
      expect(String(await sandbox.read('victim/file'))).toBe('a file of somebody else');
      expect((await transfer()).isRight).toBe(true);
    },
  );

  it('but one with the right bytes does', async () => {
    const { error, isRight } = await transferAnd(0.8 * size, () => {
      writeFileSync(`${part}.new`, right);
      renameSync(`${part}.new`, part);
    });
    expect(error).toBeUndefined();
    expect(isRight).toBe(true);
  });

  it('and without a SHA256 it is told as well', async () => {
    const { error, isRight } = await transferAnd(0.8 * size, swap, { sha256: undefined });
    expect(isRight).toBeUndefined();
    expect(error?.message).toContain('Another program has replaced');
  });

  it.each([
    ['deleted', () => rmSync(part), 'file or folder not found'],
    [
      'deleted with its record',
      () => {
        for (const path of [part, record]) rmSync(path, { force: true });
      },
      'file or folder not found',
    ],
  ])('or is %s', async (_how, change, reason) => {
    const { error, names } = await transferAnd(0.8 * size, change);
    expect(error?.message).toContain(reason);
    expect(names).toEqual([]);
  });
});

describe('A record that another program replaces during a transfer', () => {
  it('by a link is not followed', async () => {
    writeFileSync(sandbox.path('other'), 'other');
    const { isRight, names } = await transferAnd(size / 2, () => {
      rmSync(record, { force: true });
      symlinkSync(sandbox.path('other'), record);
    });
    expect(isRight).toBe(true);
    expect(names).toEqual([example.name]);
    expect(String(await sandbox.read('other'))).toBe('other');
  });
});
