import { copyFileSync, existsSync, renameSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished } from 'vitest';
import { fingerprint } from '../../src/disk/fingerprint.js';
import { cloneOrLink, copyLocally, type LocalCopyResult } from '../../src/transfer/local-copy.js';
import { renewFile, swapBytes } from '../harness/files.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import { otherDisk } from '../harness/other-disk.js';
import { digestOf } from './fox.js';
import { lock } from './transferring.js';

const hasOtherDisk = otherDisk !== undefined;
if (!hasOtherDisk) process.stderr.write('NOT TESTED: copies, since there is no other file system.\n');

const bytes = Buffer.alloc(5_000_000, 'some bytes of a model');
const sha256 = digestOf('SHA256', bytes);
let path: string;
beforeEach(async () => {
  path = await sandbox.write('source/model.ckpt', bytes);
});

async function source() {
  const state = fingerprint(path);
  if (!state) throw new Error('The source is missing.');
  return { path, state };
}

async function elsewhere(): Promise<string> {
  const folder = await mkdtemp(join(otherDisk ?? '', 'civitdl-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

interface Given {
  readonly signal?: AbortSignal;
  readonly onProgress?: (received: number) => void;
  readonly expected?: string;
}

async function copy(
  target: string,
  { signal = new AbortController().signal, onProgress = () => {}, expected = sha256 }: Given = {},
): Promise<LocalCopyResult> {
  const request = { target, fileKey: 'file 1', size: bytes.length, sha256: expected };
  const [onEvent, onCopy] = [() => {}, () => {}];
  return copyLocally(await source(), 'SHA256', request, {
    lock,
    signal,
    monotonic: () => performance.now(),
    onProgress,
    onEvent,
    onCopy,
  });
}

describe('a linked file', () => {
  it('replaces the target and its part file', async () => {
    const target = await sandbox.write('target/a.ckpt', 'other');
    await sandbox.write('target/a.ckpt.part', 'half');
    await sandbox.write('target/a.ckpt.part.json', '{}');
    expect(await copy(target)).toMatchObject({
      size: bytes.length,
      verified: 'SHA256',
      byOtherProcess: false,
    });
    expect(await sandbox.tree('target')).toEqual(['a.ckpt']);
    expect((await sandbox.read('target/a.ckpt')).equals(bytes)).toBe(true);
  });

  it('is the file itself, not a symbolic link to it', async () => {
    await rename(path, `${path}.real`);
    await symlink(`${path}.real`, path);
    await copy(sandbox.path('target/a.ckpt'));
    await rm(`${path}.real`);
    expect((await stat(sandbox.path('target/a.ckpt'))).size).toBe(bytes.length);
  });

  it('may replace another link to the same file', async () => {
    const target = sandbox.path('target/a.ckpt');
    await copy(target);
    await copy(target);
    expect(await sandbox.tree('target')).toEqual(['a.ckpt']);
  });

  it.each([
    ['with other bytes', swapBytes],
    ['with the same bytes', renewFile],
  ])('is not created from a source that was replaced %s', async (_name, change) => {
    const before = await source();
    await change(path);
    const target = await sandbox.write('target/a.ckpt', 'other');
    expect(await cloneOrLink(before, target)).toBeUndefined();
    expect(await sandbox.tree('target')).toEqual(['a.ckpt']);
    expect(String(await sandbox.read('target/a.ckpt'))).toBe('other');
  });
});

describe.runIf(hasOtherDisk)('a copy on another file system', () => {
  it('is verified', async () => {
    const folder = await elsewhere();
    expect(await copy(join(folder, 'a.ckpt'))).toMatchObject({ by: 'copy', verified: 'SHA256', resumed: 0 });
    expect(await readdir(folder)).toEqual(['a.ckpt']);
  });

  it('resumes after an abort', async () => {
    const target = join(await elsewhere(), 'a.ckpt');
    const controller = new AbortController();
    const onProgress = (received: number) => {
      if (received > 2_000_000) controller.abort(new Error('enough'));
    };
    await expect(copy(target, { signal: controller.signal, onProgress })).rejects.toThrow('enough');
    expect(existsSync(target)).toBe(false);
    const copied = await copy(target);
    expect(copied.by).toBe('copy');
    expect(copied.resumed).toBeGreaterThan(2_000_000);
  });

  it('is removed if its bytes are wrong', async () => {
    const folder = await elsewhere();
    const expected = '00'.repeat(32);
    await expect(copy(join(folder, 'a.ckpt'), { expected })).rejects.toThrow('wrong SHA256');
    expect(await readdir(folder)).toEqual([]);
  });

  it('is removed if the source changes meanwhile', async () => {
    const folder = await elsewhere();
    const onProgress = () => {
      copyFileSync(path, `${path}.new`);
      renameSync(`${path}.new`, path);
    };
    await expect(copy(join(folder, 'a.ckpt'), { onProgress })).rejects.toThrow(
      `${path} changed while it was copied.`,
    );
    expect(await readdir(folder)).toEqual([]);
  });
});
