import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { fingerprint } from '../../src/disk/fingerprint.js';
import { cloneOrLink, copyLocally, type LocalCopyResult } from '../../src/transfer/local-copy.js';
import { renewFile, swapBytes } from '../harness/files.js';
import { type Sandbox, sandbox } from '../harness/sandbox.js';
import { digestOf } from './fox.js';
import { lock } from './transferring.js';

const OTHER_DISK = '/dev/shm';
const hasOtherDisk = existsSync(OTHER_DISK) && process.platform === 'linux';
if (!hasOtherDisk) process.stderr.write(`NOT TESTED: copies, since there is no ${OTHER_DISK}.\n`);

const bytes = Buffer.alloc(5_000_000, 'some bytes of a model');
const sha256 = digestOf('SHA256', bytes);

let box: Sandbox;
let path: string;
beforeEach(async () => {
  box = await sandbox('');
  path = await box.write('source/model.ckpt', bytes);
});

async function source() {
  const state = fingerprint(path);
  if (!state) throw new Error('It is gone.');
  return { path, state };
}

async function elsewhere(): Promise<string> {
  const folder = await mkdtemp(join(OTHER_DISK, 'civitdl-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

interface Given {
  readonly signal?: AbortSignal;
  readonly onProgress?: (received: number) => void;
  readonly expected?: string;
}

async function take(
  target: string,
  { signal = new AbortController().signal, onProgress = () => {}, expected = sha256 }: Given = {},
): Promise<LocalCopyResult> {
  const request = { target, fileKey: 'file 1', size: bytes.length, sha256: expected };
  const [onEvent, onCopy] = [() => {}, () => {}];
  const now = () => performance.now();
  return copyLocally(await source(), 'SHA256', request, {
    lock,
    signal,
    monotonic: now,
    onProgress,
    onEvent,
    onCopy,
  });
}

describe('a file that is linked', () => {
  it('replaces what was there, and leaves nothing else', async () => {
    const target = await box.write('target/a.ckpt', 'other');
    await box.write('target/a.ckpt.part', 'half');
    await box.write('target/a.ckpt.part.json', '{}');
    expect(await take(target)).toMatchObject({
      size: bytes.length,
      verified: 'SHA256',
      byOtherProcess: false,
    });
    expect(await box.tree('target')).toEqual(['a.ckpt']);
    expect((await box.read('target/a.ckpt')).equals(bytes)).toBe(true);
  });

  it('is the file itself, not a symbolic link that led to it', async () => {
    await rename(path, `${path}.real`);
    await symlink(`${path}.real`, path);
    await take(box.path('target/a.ckpt'));
    await rm(`${path}.real`);
    expect((await stat(box.path('target/a.ckpt'))).size).toBe(bytes.length);
  });

  it('may be there already as the same file', async () => {
    const target = box.path('target/a.ckpt');
    await take(target);
    await take(target);
    expect(await box.tree('target')).toEqual(['a.ckpt']);
  });

  it.each([
    ['with other bytes', swapBytes],
    ['with the same bytes', renewFile],
  ])('is not one that was replaced since it was looked at, %s', async (_what, change) => {
    const before = await source();
    await change(path);
    const target = await box.write('target/a.ckpt', 'other');
    expect(await cloneOrLink(before, target)).toBeUndefined();
    expect(await box.tree('target')).toEqual(['a.ckpt']);
    expect(String(await box.read('target/a.ckpt'))).toBe('other');
  });
});

describe.runIf(hasOtherDisk)('a file on another file system', () => {
  it('is copied and verified', async () => {
    const folder = await elsewhere();
    expect(await take(join(folder, 'a.ckpt'))).toMatchObject({ by: 'copy', verified: 'SHA256', resumed: 0 });
    expect(await readdir(folder)).toEqual(['a.ckpt']);
  });

  it('is copied up to where an abort comes, and from there on the next time', async () => {
    const target = join(await elsewhere(), 'a.ckpt');
    const controller = new AbortController();
    const onProgress = (received: number) => {
      if (received > 2_000_000) controller.abort(new Error('enough'));
    };
    await expect(take(target, { signal: controller.signal, onProgress })).rejects.toThrow('enough');
    expect(existsSync(target)).toBe(false);
    const taken = await take(target);
    expect(taken.by).toBe('copy');
    expect(taken.resumed).toBeGreaterThan(2_000_000);
  });

  it('is no copy when its bytes are wrong, and leaves nothing', async () => {
    const folder = await elsewhere();
    const expected = '00'.repeat(32);
    await expect(take(join(folder, 'a.ckpt'), { expected })).rejects.toThrow('wrong SHA256');
    expect(await readdir(folder)).toEqual([]);
  });

  it('is no copy when it is changed meanwhile', async () => {
    const folder = await elsewhere();
    const changes: Promise<void>[] = [];
    const onProgress = () => {
      if (changes.length === 0) changes.push(renewFile(path));
    };
    await expect(take(join(folder, 'a.ckpt'), { onProgress })).rejects.toThrow('changed while it was copied');
    await Promise.all(changes);
    expect(await readdir(folder)).toEqual([]);
  });
});
