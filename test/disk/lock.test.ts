import { setMaxListeners } from 'node:events';
import { lstat, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLock, type LockOptions, tryLock } from '../../src/disk/lock.js';
import { identify } from '../../src/disk/lock-owner.js';
import { FileSystemError } from '../../src/errors.js';
import { setFaults } from '../harness/faulty-fs.js';
import { type ForeignKind, foreignKinds, putForeign } from '../harness/foreign-file.js';

vi.mock('node:fs', async (original) =>
  (await import('../harness/faulty-fs.js')).faultyFs(await original<object>()),
);
vi.mock('node:fs/promises', async (original) =>
  (await import('../harness/faulty-fs.js')).faultyFs(await original<object>()),
);
afterEach(() => {
  setFaults();
  vi.useRealTimers();
});

const { signal } = new AbortController();
setMaxListeners(0, signal);
const STALE_AFTER_MS = 60;

let folder: string;
let path: string;
let running: Set<number>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'civitdl-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  path = join(folder, 'it.lock');
  running = new Set([process.pid]);
});

const lock = (options: Partial<LockOptions> = {}) =>
  createLock({ pid: process.pid, isRunning: (pid) => running.has(pid) }, STALE_AFTER_MS)(path, {
    signal,
    ...options,
  });
const anyLock = createLock({ pid: process.pid, isRunning: () => true });
const isHeld = { name: 'FileSystemError', code: 'locked' };
const names = () => readdir(folder);

/** Takes the lock many times at once; returns how many held it at one time. */
async function maxHolders(): Promise<number> {
  let holders = 0;
  let max = 0;
  const work = async () => {
    const release = await lock();
    max = Math.max(max, ++holders);
    await Promise.resolve();
    holders--;
    await release();
  };
  await Promise.all(Array.from({ length: 12 }, work));
  return max;
}

/** Writes a lock as another process would leave it. */
async function leave(owner: object): Promise<void> {
  const self = await identify({ pid: process.pid, isRunning: () => true });
  await writeFile(path, JSON.stringify({ ...self, token: 'theirs', ...owner }));
}

describe('a lock', () => {
  it('is a file while it is held', async () => {
    const release = await lock();
    expect(await names()).toEqual(['it.lock']);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: process.pid, host: hostname() });
    await release();
    expect(await names()).toEqual([]);
  });

  it('is held once at a time, even within one process', async () => {
    expect(await maxHolders()).toBe(1);
    expect(await names()).toEqual([]);
  });

  it('is not waited for with a timeout of 0, and the error names its owner', async () => {
    const release = await lock();
    await expect(lock({ timeoutMs: 0 })).rejects.toMatchObject(isHeld);
    await expect(lock({ timeoutMs: 0 })).rejects.toThrow(
      `${path} is locked by process ${process.pid} on ${hostname()}.`,
    );
    await release();
    await (await lock({ timeoutMs: 0 }))();
  });

  it('can be tried without waiting, which passes other errors on', async () => {
    const release = await tryLock(anyLock, path, signal);
    expect(await tryLock(anyLock, path, signal)).toBeUndefined();
    await release?.();
    await (await tryLock(anyLock, path, signal))?.();
    expect(await names()).toEqual([]);
    const missing = join(folder, 'none', 'it.lock');
    await expect(tryLock(anyLock, missing, signal)).rejects.toMatchObject({ code: 'file-system' });
    const reason = new Error('interrupted');
    await expect(tryLock(anyLock, path, AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it('is waited for until the signal aborts', async () => {
    const release = await lock();
    const controller = new AbortController();
    const waiting = lock({ signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(waiting).rejects.toThrow('enough');
    await release();
  });

  it('is not released if another process has taken it over', async () => {
    const release = await lock();
    await leave({});
    await release();
    expect(await names()).toEqual(['it.lock']);
  });

  it('needs a folder', async () => {
    path = join(folder, 'none', 'it.lock');
    const error = await lock().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FileSystemError);
    expect(error).toMatchObject({ message: `Cannot create ${path}: file or folder not found.` });
  });
});

describe('a stale lock', () => {
  it.each<readonly [what: string, owner: object]>([
    ['of a process that does not run', { pid: 4_000_000 }],
    ['from before the start of the machine', { boot: 'another' }],
    ['of a process whose number another one has now', { start: '1' }],
  ])('%s is taken over at once', async (_what, owner) => {
    await leave(owner);
    const release = await lock({ timeoutMs: 0 });
    await release();
    expect(await names()).toEqual([]);
  });

  it.each<readonly [what: string, text: string]>([
    ['of another machine', JSON.stringify({ pid: 1, host: 'another', token: 'theirs' })],
    ['of a machine with the same name', JSON.stringify({ pid: 1, host: hostname(), token: 'theirs' })],
    [
      'of another start of a machine with the same name',
      JSON.stringify({ pid: 1, host: hostname(), machine: 'another', boot: 'another', token: 'theirs' }),
    ],
    ['that is empty', ''],
    ['with an incomplete text', '{"pid": 1'],
    ['of another program', 'null'],
  ])('%s is taken over without a heartbeat', async (_what, text) => {
    await writeFile(path, text);
    await expect(lock({ timeoutMs: 0 })).rejects.toMatchObject(isHeld);
    const started = performance.now();
    const release = await lock();
    expect(performance.now() - started).toBeGreaterThan(STALE_AFTER_MS * 0.9);
    await release();
    expect(await names()).toEqual([]);
  });

  it.each([
    ['of another machine', { host: 'another' }],
    ['of a machine with the same name', { machine: 'another', boot: 'another', pid: 4_000_000 }],
    ['of a machine with the same name and another system', { machine: 'another', boot: undefined }],
    ['of a copy of this machine on a network drive', { boot: 'another', pid: 4_000_000 }],
    ['of another container', { namespace: 'pid:[1]', pid: 4_000_000 }],
  ])('%s is not taken over while it has heartbeats', async (what, owner) => {
    // The type of NFS.
    if (what.includes('network drive')) setFaults({ call: 'statfs', returns: { type: 0x6969 } });
    await leave(owner);
    let beats = 0;
    const heart = setInterval(() => void utimes(path, new Date(), new Date(Date.now() + ++beats * 1000)), 10);
    await expect(lock({ timeoutMs: STALE_AFTER_MS * 4 })).rejects.toMatchObject(isHeld);
    clearInterval(heart);
  });

  it('of another container is not taken over at once', async () => {
    await leave({ namespace: 'pid:[1]', pid: 4_000_000 });
    await expect(lock({ timeoutMs: 0 })).rejects.toMatchObject(isHeld);
  });

  it('of a process that was killed before it wrote its text is soon taken over', async () => {
    await writeFile(path, '');
    const started = performance.now();
    const release = await anyLock(path, { signal });
    expect(performance.now() - started).toBeGreaterThan(1_900);
    expect(performance.now() - started).toBeLessThan(10_000);
    await release();
  });

  it('is taken over only once, however many processes find it', async () => {
    await leave({ pid: 4_000_000 });
    expect(await maxHolders()).toBe(1);
    expect(await names()).toEqual([]);
  });
});

describe.skipIf(process.platform === 'win32')('something else in the place of a lock', () => {
  it.each(foreignKinds.filter((kind) => !['folder', 'hard link'].includes(kind)))(
    'that is a %s is replaced at once',
    async (kind: ForeignKind) => {
      const victim = await putForeign(kind, path, join(folder, 'victim', 'file'));
      const release = await lock({ timeoutMs: 0 });
      expect((await lstat(path)).isFile()).toBe(true);
      expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: process.pid });
      await release();
      expect(await names()).toEqual(['victim']);
      expect(victim.isUntouched()).toBe(true);
    },
  );

  it('that is a folder is an error that names it', async () => {
    await putForeign('folder', path, join(folder, 'victim', 'file'));
    await expect(lock()).rejects.toMatchObject({
      name: 'FileSystemError',
      message: `Cannot use the lock ${path}: it is a folder.`,
    });
  });

  it.each(['link', 'hard link'] as const)('that is a %s gets no heartbeats', async (kind) => {
    vi.useFakeTimers({ toFake: ['setInterval'] });
    const release = await lock();
    await rm(path);
    const victim = await putForeign(kind, path, join(folder, 'victim', 'file'));
    const before = await lstat(victim.path);
    await vi.advanceTimersByTimeAsync(20_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await lstat(victim.path)).mtimeMs).toBe(before.mtimeMs);
    await release();
    expect(victim.isUntouched()).toBe(true);
    expect(await names()).toEqual(['it.lock', 'victim']);
  });
});

describe('a heartbeat', () => {
  /** Returns the time of the lock before and after a heartbeat. */
  async function beat(): Promise<readonly [number, number]> {
    vi.useFakeTimers({ toFake: ['setInterval'] });
    const release = await lock();
    onTestFinished(release);
    await utimes(path, 1_000, 1_000);
    const before = (await lstat(path)).mtimeMs;
    await vi.advanceTimersByTimeAsync(10_000);
    await vi.waitFor(async () => expect((await lstat(path)).mtimeMs).not.toBe(before), 2_000);
    return [before, (await lstat(path)).mtimeMs];
  }

  it('changes the time of the lock', async () => {
    const [before, after] = await beat();
    expect(after).toBeGreaterThan(before);
  });

  it.each(['EPERM', 'ENOSYS', 'EINVAL', 'ENOTSUP', 'EACCES'])(
    'changes it also on a system that sets no times (%s)',
    async (code) => {
      setFaults({ call: 'lutimes', code });
      const [before, after] = await beat();
      expect(after).toBeGreaterThan(before);
      expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: process.pid });
    },
  );

  it('is not given to a lock that another process has taken over', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] });
    const release = await lock();
    await leave({ host: 'another' });
    await utimes(path, 1_000, 1_000);
    await vi.advanceTimersByTimeAsync(20_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await lstat(path)).mtimeMs).toBe(1_000_000);
    await release();
  });
});

describe('a lock that cannot be removed', () => {
  it('is emptied, so that nobody waits for the end of the process', async () => {
    const release = await lock();
    setFaults({ call: 'unlink', code: 'EROFS' });
    await release();
    setFaults();
    expect(await readFile(path, 'utf8')).toBe('');
    await (await lock())();
    expect(await names()).toEqual([]);
  });
});
