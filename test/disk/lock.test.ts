import { setMaxListeners } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createLock, type LockOptions, tryLock } from '../../src/disk/lock.js';
import { identify } from '../../src/disk/lock-owner.js';
import { FileSystemError } from '../../src/errors.js';

const { signal } = new AbortController();
setMaxListeners(0, signal);
/** Milliseconds of silence after which a holder that can't be seen counts as dead, in these tests. */
const STALE = 60;

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
  createLock({ pid: process.pid, isRunning: (pid) => running.has(pid) }, STALE)(path, { signal, ...options });
const anyLock = createLock({ pid: process.pid, isRunning: () => true });
const isHeld = { name: 'FileSystemError', code: 'locked' };
const names = () => readdir(folder);

/** A lock as another process would have left it. */
async function left(holder: object): Promise<void> {
  const self = await identify({ pid: process.pid, isRunning: () => true });
  await writeFile(path, JSON.stringify({ ...self, token: 'theirs', ...holder }));
}

describe('a lock', () => {
  it('is a file as long as it is held, and nothing after that', async () => {
    const release = await lock();
    expect(await names()).toEqual(['it.lock']);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: process.pid, host: hostname() });
    await release();
    expect(await names()).toEqual([]);
  });

  it('is held by one at a time, though they are of one process', async () => {
    let holders = 0;
    let most = 0;
    const work = async () => {
      const release = await lock();
      most = Math.max(most, ++holders);
      await Promise.resolve();
      holders--;
      await release();
    };
    await Promise.all(Array.from({ length: 12 }, work));
    expect(most).toBe(1);
    expect(await names()).toEqual([]);
  });

  it('is not waited for without patience, and its holder is named', async () => {
    const release = await lock();
    await expect(lock({ timeoutMs: 0 })).rejects.toMatchObject(isHeld);
    await expect(lock({ timeoutMs: 0 })).rejects.toThrow(
      `${path} is locked by process ${process.pid} on ${hostname()}.`,
    );
    await release();
    await (await lock({ timeoutMs: 0 }))();
  });

  it('is tried without waiting, and passes other failures on', async () => {
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

  it('of somebody else is not given back', async () => {
    const release = await lock();
    await left({});
    await release();
    expect(await names()).toEqual(['it.lock']);
  });

  it('needs its folder', async () => {
    path = join(folder, 'none', 'it.lock');
    const error = await lock().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FileSystemError);
    expect(error).toMatchObject({ message: `Cannot create ${path}: file or folder not found.` });
  });
});

describe('a lock that was left', () => {
  it.each<readonly [what: string, holder: object]>([
    ['by a process that does not run', { pid: 4_000_000 }],
    ['before the machine was started', { boot: 'another' }],
    ['by a process whose number another one has now', { start: '1' }],
  ])('%s is taken over at once', async (_what, holder) => {
    await left(holder);
    const release = await lock({ timeoutMs: 0 });
    await release();
    expect(await names()).toEqual([]);
  });

  it.each<readonly [what: string, text: string]>([
    ['on another machine', JSON.stringify({ pid: 1, host: 'another', token: 'theirs' })],
    ['with nothing in it', ''],
    ['with half a text in it', '{"pid": 1'],
    ['by another program', 'null'],
  ])('%s is taken over when it shows no sign of life', async (_what, text) => {
    await writeFile(path, text);
    await expect(lock({ timeoutMs: 0 })).rejects.toMatchObject(isHeld);
    const started = performance.now();
    const release = await lock();
    expect(performance.now() - started).toBeGreaterThan(STALE * 0.9);
    await release();
    expect(await names()).toEqual([]);
  });

  it('on another machine is left to it as long as it shows signs of life', async () => {
    await left({ host: 'another' });
    let beats = 0;
    const heart = setInterval(() => void utimes(path, new Date(), new Date(Date.now() + ++beats * 1000)), 10);
    await expect(lock({ timeoutMs: STALE * 4 })).rejects.toMatchObject(isHeld);
    clearInterval(heart);
  });

  it('in another container is left to it as long as it shows signs of life', async () => {
    await left({ namespace: 'pid:[1]', pid: 4_000_000 });
    await expect(lock({ timeoutMs: 0 })).rejects.toMatchObject(isHeld);
  });

  it('without a text, of a process that was killed while it took it, is soon taken over', async () => {
    await writeFile(path, '');
    const begun = performance.now();
    const release = await anyLock(path, { signal });
    expect(performance.now() - begun).toBeGreaterThan(1_900);
    expect(performance.now() - begun).toBeLessThan(10_000);
    await release();
  });

  it('is taken over by one only, however many find it', async () => {
    await left({ pid: 4_000_000 });
    let holders = 0;
    let most = 0;
    const work = async () => {
      const release = await lock();
      most = Math.max(most, ++holders);
      await Promise.resolve();
      holders--;
      await release();
    };
    await Promise.all(Array.from({ length: 12 }, work));
    expect(most).toBe(1);
    expect(await names()).toEqual([]);
  });
});
