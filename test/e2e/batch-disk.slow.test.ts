import { execFileSync } from 'node:child_process';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, onTestFinished } from 'vitest';
import { batchModels, inspectBatch } from '../harness/batch.js';
import { ended, run, start } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { otherUser, sharedFolder } from '../harness/other-user.js';

const size = 300_000;
const models = batchModels({ count: 12, sizeOf: () => size });
const isRoot = process.geteuid?.() === 0;
const canMount = isRoot && process.platform === 'linux' && mounts();

it.override('serverOptions', { models });
it.override('sandboxParent', sharedFolder);

beforeAll(() => {
  if (!canMount) process.stderr.write('No full disk is tried: only the superuser of Linux can make one.\n');
});
beforeEach(async () => {
  await mkdir(sandbox.path('models'));
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
const look = () => inspectBatch(sandbox.path('models'), models);
const count = (stderr: string, text: string) => stderr.split(text).length - 1;

/** Mounts a file system in memory until the test ends. */
function mount(bytes: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', sandbox.path('models')]);
  onTestFinished(() => void execFileSync('umount', [sandbox.path('models')]));
}

/** Whether this process may mount, which a container may forbid even to the superuser. */
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
    const { status, stderr } = await run('civitdl', batch(), sandbox);
    expect(status).toBe(1);
    expect(stderr).toMatch(/Not enough space in .+: [23]\.\d\d MB needed, \d\.\d\d MB free\./);
    expect(stderr).toMatch(/^12 +not started$/m);
    expect(civitai.requestsTo('download')).toEqual([]);
    expect(await look()).toMatchObject({ right: new Set(), staleFiles: [] });
  });

  it('is filled with whole files when that is wanted, and the rest is begun when there is room', async () => {
    mount(2_900_000);
    const { status, stderr } = await run('civitdl', batch('--force-space'), sandbox);
    expect(status).toBe(7);
    expect(count(stderr, 'No further downloads will start.')).toBe(1);
    expect(stderr).toMatch(/^\d+ +downloaded\n\d+ +failed\n/m);
    expect(stderr).toContain('no space left on the disk');
    const { staleFiles, right } = await look();
    expect(right.size).toBeGreaterThan(2);
    // The other files of a model whose image did not fit are not stale.
    expect(staleFiles.filter((name) => !/\.(json|jpeg|csv|safetensors)$/.test(name))).toEqual([]);

    execFileSync('mount', ['-o', 'remount,size=20000000', sandbox.path('models')]);
    expect(await run('civitdl', batch(), sandbox)).toMatchObject({ status: 0 });
    expect(await look()).toMatchObject({ wrong: new Map(), staleFiles: [] });
  });

  it('may be one that takes nothing at all', async () => {
    mount(20_000_000);
    execFileSync('mount', ['-o', 'remount,ro', sandbox.path('models')]);
    const { status, stderr } = await run('civitdl', batch(), sandbox);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^Cannot use the root directory .*: it cannot be written \(.*read-only\)\. .*\n$/);
    expect(civitai.requests).toEqual([]);
  });
});

it('A root directory that nothing may be put into ends the batch before its first request', async ({
  skip,
}) => {
  await chmod(sandbox.path('models'), 0o555);
  await chmod(sandbox.dir, 0o777);
  const { status, stderr } = await run('civitdl', batch(), sandbox, otherUser(skip));
  expect(status).toBe(2);
  expect(stderr).toMatch(
    /^Cannot use the root directory .*: it cannot be written \(permission denied\)\. .*\n$/,
  );
  expect(civitai.requests).toEqual([]);
});

it('A root directory that is removed on the way fails what was being written, and leaves no half of it', async () => {
  civitai.setRate(size);
  const child = start('civitdl', batch(), sandbox);
  onTestFinished(() => void child.kill('SIGKILL'));
  const end = ended(child);
  while (civitai.requestsTo('storage').filter(({ bytesSent }) => bytesSent > size / 3).length < 4)
    await wait(5);
  // The command may create files in the meantime.
  await rm(sandbox.path('models'), { recursive: true, maxRetries: 20, retryDelay: 5 });
  civitai.setRate(undefined);
  const { status, stderr } = await end;
  expect(status).toBe(7);
  // Besides the files that were being written, those whose URL was known fail.
  expect(stderr).toMatch(/^ *\d+ +downloaded\n *\d+ +failed$/m);
  expect(stderr).toMatch(
    /Cannot \w+ .+: file or folder not found\.\n(?: {2}[\d, ]+\n)? {2}Check the path and the disk\./,
  );
  const { right, staleFiles } = await look();
  expect(right.size).toBeGreaterThan(0);
  expect(staleFiles).toEqual([]);
});

it('Two runs of one batch at once fetch each file once', async () => {
  civitai.setRate(3 * size);
  const both = await Promise.all([run('civitdl', batch(), sandbox), run('civitdl', batch(), sandbox)]);
  expect(both.map(({ status }) => status)).toEqual([0, 0]);
  expect(await look()).toMatchObject({ wrong: new Map(), staleFiles: [] });
  expect(civitai.requestsTo('storage')).toHaveLength(models.length);
  expect(civitai.requestsTo('download')).toHaveLength(models.length);
  expect(civitai.requestsTo('image')).toHaveLength(models.length);
});
