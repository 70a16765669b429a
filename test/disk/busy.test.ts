import { afterEach, describe, expect, vi } from 'vitest';
import { blockWhileBusy, retryWhileBusy } from '../../src/disk/busy.js';
import { toFileSystemError } from '../../src/disk/errors.js';
import { setFaults } from '../harness/faulty-fs.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';

vi.mock('node:fs', async (original) =>
  (await import('../harness/faulty-fs.js')).faultyFs(await original<object>()),
);
afterEach(() => void setFaults());

const systemError = (code: string) => Object.assign(new Error(code), { code, errno: -1 });

/** A step that fails some times, and then returns how often it was called. */
function failing(times: number, error: unknown) {
  let calls = 0;
  const step = () => {
    if (++calls <= times) throw error;
    return calls;
  };
  return { step, calls: () => calls };
}

const retry = (step: () => number, options = {}) => retryWhileBusy(sandbox.path('file'), step, options);

describe('a step on a file', () => {
  it.each(['EBUSY', 'EPERM', 'EACCES', 'ETXTBSY'])('is tried again after %s', async (code) => {
    expect(await retry(failing(3, systemError(code)).step)).toBe(4);
  });

  it('is tried again after an error that a busy file caused', async () => {
    expect(await retry(failing(1, toFileSystemError(systemError('EBUSY'), '/a', 'write')).step)).toBe(2);
  });

  it.each(['ENOENT', 'ENOSPC', 'EIO', 'EISDIR', 'EROFS', 'EXDEV', 'ENOTEMPTY'])(
    'is tried once if it fails with %s',
    async (code) => {
      const error = systemError(code);
      const { step, calls } = failing(9, error);
      await expect(retry(step)).rejects.toBe(error);
      expect(calls()).toBe(1);
    },
  );

  it.each(['EACCES', 'EPERM', 'EROFS'])('is tried once if the folder is closed to us (%s)', async (code) => {
    setFaults({ call: 'access', code });
    const { step, calls } = failing(9, systemError('EACCES'));
    await expect(retry(step)).rejects.toMatchObject({ code: 'EACCES' });
    expect(calls()).toBe(1);
  });

  it.each(['EACCES', 'EPERM', 'EROFS'])(
    'is tried once if its folder is missing and the one above is closed to us (%s)',
    async (code) => {
      setFaults({ call: 'access', code });
      const { step, calls } = failing(9, systemError('EACCES'));
      const path = sandbox.path('missing/deeper/file');
      await expect(retryWhileBusy(path, step)).rejects.toMatchObject({ code: 'EACCES' });
      expect(calls()).toBe(1);
    },
  );

  it('is tried once if the file itself is closed to us', async () => {
    await sandbox.write('file', 'read-only');
    setFaults({ call: 'access', path: 'file', code: 'EACCES' });
    const { step, calls } = failing(9, systemError('EPERM'));
    await expect(retry(step)).rejects.toMatchObject({ code: 'EPERM' });
    expect(calls()).toBe(1);
  });

  it('fails with its last error when the time is over', async () => {
    const { step, calls } = failing(Number.POSITIVE_INFINITY, systemError('EBUSY'));
    const startedAt = performance.now();
    await expect(retry(step, { busyTimeoutMs: 200 })).rejects.toMatchObject({ code: 'EBUSY' });
    expect(performance.now() - startedAt).toBeGreaterThan(190);
    expect(calls()).toBeGreaterThan(2);
  });

  it('is tried once without time', async () => {
    const { step, calls } = failing(9, systemError('EBUSY'));
    await expect(retry(step, { busyTimeoutMs: 0 })).rejects.toMatchObject({ code: 'EBUSY' });
    expect(calls()).toBe(1);
  });

  it.each([
    ['before', 0],
    ['during', 50],
  ])('ends within a second if the run is interrupted %s it', async (_when, afterMs) => {
    const controller = new AbortController();
    if (afterMs === 0) controller.abort(new Error('interrupted'));
    else setTimeout(() => controller.abort(new Error('interrupted')), afterMs);
    const { step, calls } = failing(Number.POSITIVE_INFINITY, systemError('EBUSY'));
    const startedAt = performance.now();
    await expect(retry(step, { signal: controller.signal })).rejects.toMatchObject({ code: 'EBUSY' });
    expect(performance.now() - startedAt).toBeLessThan(900);
    expect(calls()).toBeGreaterThan(1);
  });
});

describe('a step of a thread', () => {
  it.each(['EBUSY', 'EPERM', 'EACCES', 'ETXTBSY'])('is tried again after %s', (code) => {
    expect(blockWhileBusy(sandbox.path('file'), failing(2, systemError(code)).step)).toBe(3);
  });

  it('is tried once after other errors', () => {
    const { step, calls } = failing(2, systemError('EIO'));
    expect(() => blockWhileBusy(sandbox.path('file'), step)).toThrow('EIO');
    expect(calls()).toBe(1);
  });
});
