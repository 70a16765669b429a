import { execFileSync } from 'node:child_process';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Civitai, startCivitai } from '../fake-civitai/civitai.js';
import { ended, run, start } from '../harness/command.js';
import { type Sandbox, sandbox } from '../harness/sandbox.js';
import { batchModels, lookAtBatch } from '../scripts/batch.js';

const size = 300_000;
const models = batchModels({ count: 12, sizeOf: () => size });
const isRoot = process.geteuid?.() === 0;
const canMount = isRoot && process.platform === 'linux' && mounts();

let civitai: Civitai;
let box: Sandbox;
beforeAll(async () => {
  civitai = await startCivitai({ models });
  if (!canMount) process.stderr.write('No full disk is tried: only the superuser of Linux can make one.\n');
});
afterAll(() => civitai.close());
beforeEach(async () => {
  civitai.reset();
  box = await sandbox(civitai.url);
  await mkdir(box.path('models'));
});

const batch = (...args: readonly string[]) => [
  ...models.map(({ id }) => String(id)),
  'models',
  '--jobs',
  '4',
  '--pause-time',
  '0',
  ...args,
];
const look = () => lookAtBatch(box.path('models'), models);
const count = (stderr: string, text: string) => stderr.split(text).length - 1;

/** A file system of so many bytes in memory, for the time of the test. */
function mount(bytes: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', box.path('models')]);
  onTestFinished(() => void execFileSync('umount', [box.path('models')]));
}

/** A container may forbid it even to the superuser. */
function mounts(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!canMount)('a disk that is too small for a batch', () => {
  it('is told before the first byte, with how much is missing', async () => {
    mount(2_000_000);
    const { status, stderr } = await run('civitdl', batch(), box);
    expect(status).toBe(1);
    expect(stderr).toMatch(/Not enough space in .+: [23]\.\d\d MB needed, \d\.\d\d MB free\./);
    expect(stderr).toMatch(/^12 +not started$/m);
    expect(civitai.requestsTo('download')).toEqual([]);
    expect(await look()).toMatchObject({ right: new Set(), leftovers: [] });
  });

  it('is filled with whole files when that is wanted, and the rest is begun when there is room', async () => {
    mount(2_900_000);
    const { status, stderr } = await run('civitdl', batch('--force-space'), box);
    expect(status).toBe(7);
    expect(count(stderr, 'No further downloads will start.')).toBe(1);
    expect(stderr).toMatch(/^\d+ +downloaded\n\d+ +failed\n/m);
    expect(stderr).toContain('no space left on the disk');
    const { leftovers, right } = await look();
    expect(right.size).toBeGreaterThan(2);
    // What is there of a model whose image found no room is no rubbish.
    expect(leftovers.filter((name) => !/\.(json|jpeg|csv|safetensors)$/.test(name))).toEqual([]);

    execFileSync('mount', ['-o', 'remount,size=20000000', box.path('models')]);
    expect(await run('civitdl', batch(), box)).toMatchObject({ status: 0 });
    expect(await look()).toMatchObject({ wrong: new Map(), leftovers: [] });
  });

  it('may be one that takes nothing at all', async () => {
    mount(20_000_000);
    execFileSync('mount', ['-o', 'remount,ro', box.path('models')]);
    const { status, stderr } = await run('civitdl', batch(), box);
    expect(status).toBe(1);
    expect(count(stderr, 'the file system is read-only. No further downloads will start.')).toBe(1);
    expect(stderr).toMatch(/^8 +not started$/m);
    expect(civitai.requestsTo('download')).toEqual([]);
  });
});

it.skipIf(!isRoot)('A root directory that nothing may be put into ends the batch', async () => {
  await chmod(box.path('models'), 0o555);
  await chmod(box.dir, 0o777);
  const { status, stderr } = await run('civitdl', batch(), box, { uid: 65_534 });
  expect(status).toBe(1);
  expect(count(stderr, 'permission denied. No further downloads will start.')).toBe(1);
  expect(stderr).toMatch(/^[1-4] +failed\n\d+ +not started$/m);
  expect(civitai.requestsTo('download')).toEqual([]);
});

it('A root directory that is removed on the way fails what was being written, and leaves no half of it', async () => {
  civitai.setRate(size);
  const child = start('civitdl', batch(), box);
  onTestFinished(() => void child.kill('SIGKILL'));
  const end = ended(child);
  while (civitai.requestsTo('storage').filter(({ bytesSent }) => bytesSent > size / 3).length < 4)
    await wait(5);
  // What is made meanwhile makes it wait a moment.
  await rm(box.path('models'), { recursive: true, maxRetries: 20, retryDelay: 5 });
  civitai.setRate(undefined);
  const { status, stderr } = await end;
  expect(status).toBe(7);
  // Beside those that were being written, those that had their URL.
  expect(stderr).toMatch(/^[4-8] +downloaded\n[4-8] +failed$/m);
  expect(stderr).toMatch(
    /Cannot \w+ .+: file or folder not found\.\n(?: {2}[\d, ]+\n)? {2}Check the path and the disk\./,
  );
  const { right, leftovers } = await look();
  expect(right.size).toBeGreaterThanOrEqual(4);
  expect(leftovers).toEqual([]);
});

it('Two runs of one batch at once fetch each file once', async () => {
  civitai.setRate(3 * size);
  const both = await Promise.all([run('civitdl', batch(), box), run('civitdl', batch(), box)]);
  expect(both.map(({ status }) => status)).toEqual([0, 0]);
  expect(await look()).toMatchObject({ wrong: new Map(), leftovers: [] });
  expect(civitai.requestsTo('storage')).toHaveLength(models.length);
  expect(civitai.requestsTo('download')).toHaveLength(models.length);
  expect(civitai.requestsTo('image')).toHaveLength(models.length);
});
