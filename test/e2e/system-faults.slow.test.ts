import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { fileBytes } from '../harness/catalog-bytes.js';
import { ended, run, start } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { compileFaults, faultyEnv, type SystemFault } from '../harness/system-faults.js';

const library = compileFaults() ?? '';
const args = [String(ids.anything.model), 'models', '-i', '1'];
const target = 'models/anythingV3_fp16/anythingV3_fp16-mid_66-vid_75.ckpt';
const right = fileBytes(ids.anything.file);

const download = (...faults: readonly SystemFault[]) =>
  run('civitdl', args, sandbox, { env: faultyEnv(library, ...faults) });
const isRight = async (path = target) => (await sandbox.read(path)).equals(right);

describe.skipIf(library === '')('A command whose system calls fail', () => {
  const faults: Readonly<Record<string, readonly SystemFault[]>> = {
    'three readings': [{ call: 'read', error: 'EBUSY', times: 3, path: '.part' }],
    'three renames (EBUSY)': [{ call: 'rename', error: 'EBUSY', times: 3, path: '.ckpt' }],
    'three renames (EPERM)': [{ call: 'rename', error: 'EPERM', times: 3, path: 'models/' }],
    'three removals': [{ call: 'unlink', error: 'EACCES', times: 3, path: '.lock' }],
    'three creations': [{ call: 'open', error: 'EACCES', times: 3, path: 'models/' }],
    'three writes of blocks': [{ call: 'pwrite', error: 'EBUSY', times: 3, path: '.part' }],
    'three small writes': [{ call: 'write', error: 'ETXTBSY', times: 3, path: 'models/' }],
    'each flush (EINVAL)': [
      { call: 'fsync', error: 'EINVAL', path: '/' },
      { call: 'fdatasync', error: 'EINVAL', path: '/' },
    ],
    'each flush (ENOTSUP)': [{ call: 'fsync', error: 'ENOTSUP', path: '/' }],
    'each setting of times': [{ call: 'utimensat', error: 'EPERM', path: '/' }],
    'each record': [{ call: 'rename', error: 'EIO', path: '.part.json' }],
    'each measurement of free space': [{ call: 'statfs', error: 'EIO', path: '/' }],
    'the removal of each lock': [{ call: 'unlink', error: 'EROFS', path: '.lock' }],
  };

  it.each(Object.entries(faults))('in %s does its work', async (_what, failing) => {
    const { status, stderr } = await download(...failing);
    expect({ status, problem: status === 0 ? '' : stderr }).toEqual({ status: 0, problem: '' });
    expect(await isRight()).toBe(true);
    expect((await sandbox.tree()).filter((name) => /\.(part|tmp|part\.json)$/.test(name))).toEqual([]);
  });

  it('in all renames for more than ten seconds keeps the verified file, and names it in the next run', async () => {
    const startedAt = performance.now();
    const { status, stderr } = await download({ call: 'rename', error: 'EBUSY', path: '.ckpt' });
    const elapsedMs = performance.now() - startedAt;
    expect(status).toBe(1);
    expect(stderr).toContain('another program is using it. The verified file is kept as ');
    expect(stderr).toContain('  Close the program that uses it, or wait until it is done');
    expect(elapsedMs).toBeGreaterThan(9_900);
    expect(elapsedMs).toBeLessThan(30_000);
    expect(await isRight(`${target}.part`)).toBe(true);
    const sent = civitai.requestsTo('storage').length;
    expect(await download()).toMatchObject({ status: 0 });
    expect(await isRight()).toBe(true);
    expect(civitai.requestsTo('storage')).toHaveLength(sent);
  });

  it('while it waits for a busy file ends within a second after Ctrl-C, and keeps the file', async () => {
    const env = faultyEnv(library, { call: 'rename', error: 'EBUSY', path: '.ckpt' });
    const child = start('civitdl', [...args, '--verbose'], sandbox, { env });
    const end = ended(child);
    while (!(await sandbox.tree()).some((name) => name.endsWith('.part'))) await wait(20);
    await wait(1_500);
    const startedAt = performance.now();
    child.kill('SIGINT');
    await once(child, 'close');
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect((await end).status).toBe(130);
    expect(await isRight(`${target}.part`)).toBe(true);
    expect(await download()).toMatchObject({ status: 0 });
    expect(civitai.requestsTo('storage')).toHaveLength(1);
  });

  it('with a file that is too large says that FAT32 is', async () => {
    const { status, stderr } = await download({ call: 'pwrite', error: 'EFBIG', path: '.part' });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /Cannot write \S+: the file system does not allow files of this size\.\n {2}Choose a folder on another disk: FAT32 ends files at 4 GiB/,
    );
  });

  it('at each moment of a change of the settings loses none', async () => {
    const configure = (given: readonly string[], ...faults: readonly SystemFault[]) =>
      run('civitconfig', given, sandbox, { env: faultyEnv(library, ...faults) });
    await configure(['default', '-i', '5']);
    for (const call of ['open', 'write', 'rename', 'unlink']) {
      const fault = { call, error: 'EBUSY', times: 2, path: 'config/' };
      expect(await configure(['alias', '-a', call, './models'], fault)).toMatchObject({ status: 0 });
    }
    const { stdout } = await configure(['alias']);
    for (const call of ['open', 'write', 'rename', 'unlink']) expect(stdout).toContain(`${call} `);
  });
});

describe.runIf(process.platform === 'linux')('A root directory that no folder can be created in', () => {
  it.each([
    ['/proc/civitdl', 1, 'Cannot write'],
    ['/proc/civitdl/a/b', 1, 'Cannot write'],
    ['/sys/civitdl/a', 1, 'Cannot write'],
    ['/dev/null/a', 2, 'Cannot use the root directory'],
    ['/proc/self/fd/x/y', 1, 'Cannot write'],
  ] as const)('fails at once: %s', async (root, expected, problem) => {
    const startedAt = performance.now();
    const { status, stderr } = await run('civitdl', [String(ids.anything.model), root], sandbox);
    expect(status).toBe(expected);
    expect(stderr).toContain(`${problem} ${root}`);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(civitai.requestsTo('storage')).toEqual([]);
  });
});
