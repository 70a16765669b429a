import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { fileBytes } from '../harness/catalog-bytes.js';
import { run } from '../harness/command.js';
import { isOneFile } from '../harness/files.js';
import { civitai, sandbox } from '../harness/fixture.js';
import { describeUnderWine, it } from '../harness/wine.js';

const anything = String(ids.anything.model);
const target = 'anythingV3_fp16/anythingV3_fp16-mid_66-vid_75.ckpt';
const right = fileBytes(ids.anything.file);

const isRight = async (root = 'models') => (await sandbox.read(`${root}/${target}`)).equals(right);
const bytesOfStorage = () => civitai.requestsTo('storage').reduce((sum, { bytesSent }) => sum + bytesSent, 0);
const staleFiles = async () => (await sandbox.tree()).filter((name) => /\.(part|lock|tmp|part\.json)$/.test(name));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await wait(5);
}

/** Expects two folders of the sandbox to have the same files with the same bytes. */
async function expectSameFiles(one: string, other: string): Promise<void> {
  const files = await sandbox.tree(one);
  expect(files).not.toEqual([]);
  expect(await sandbox.tree(other)).toEqual(files);
  for (const file of files)
    expect((await readFile(sandbox.path(one, file))).equals(await readFile(sandbox.path(other, file)))).toBe(true);
}

describeUnderWine('civitdl on Windows', () => {
  it('writes the same files as elsewhere, and finds them all in the next run', async ({ windows }) => {
    const sources = [String(ids.mainExample.model), anything, String(ids.formats.model)];
    const args = [...sources, 'models', '--pause-time', '0'];
    const env = { CIVITAI_API_KEY: civitai.goodKey };
    const { status, stdout } = await windows.run('civitdl', args, { env });
    expect(status).toBe(0);
    expect(stdout.split('\n')[1]).toBe(windows.path('models', target));
    await run('civitdl', [...sources, 'host', '--pause-time', '0'], sandbox, { env });
    await expectSameFiles('models', 'host');
    civitai.reset();
    const again = await windows.run('civitdl', args, { env });
    expect(again).toMatchObject({ status: 0, stderr: expect.stringMatching(/^3 {2}already downloaded$/m) });
    expect(bytesOfStorage()).toBe(0);
  });

  it('resumes after it was killed, and takes over the lock at once', async ({ windows }) => {
    civitai.setRate(right.length / 5);
    const killed = windows.start('civitdl', [anything, 'models', '-i', '0']);
    await until(() => bytesOfStorage() > right.length / 2);
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(await staleFiles()).toEqual([
      expect.stringContaining('.part'),
      expect.stringContaining('.part.json'),
      expect.stringContaining('.part.lock'),
    ]);
    civitai.reset();
    const { status, stderr } = await windows.run('civitdl', [anything, 'models', '-i', '0']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringMatching(/^ {2}resuming: /m) });
    expect(await isRight()).toBe(true);
    expect(bytesOfStorage()).toBeLessThan(right.length - 30_000);
    expect(await staleFiles()).toEqual([]);
  });

  it('is interrupted by Ctrl-C in a console, and resumes', async ({ windows }) => {
    civitai.setRate(right.length / 5);
    const console = windows.open('civitdl', [anything, 'models', '-i', '0']);
    await until(() => bytesOfStorage() > right.length / 2);
    console.type('\x03');
    expect(await console.ended).toBe(130);
    expect(console.text).toContain('Interrupted. Partial downloads are kept');
    expect(await staleFiles()).toHaveLength(2);
    civitai.reset();
    expect(await windows.run('civitdl', [anything, 'models', '-i', '0'])).toMatchObject({ status: 0 });
    expect(await isRight()).toBe(true);
    expect(bytesOfStorage()).toBeLessThan(right.length - 30_000);
  });

  it('takes a file from the cache by a hard link', async ({ windows }) => {
    expect(await windows.run('civitdl', [anything, 'models', '-i', '0'])).toMatchObject({ status: 0 });
    civitai.reset();
    const { status, stderr } = await windows.run('civitdl', [anything, 'other', '-i', '0']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('hard link') });
    expect(await isOneFile(sandbox.path('models', target), sandbox.path('other', target))).toBe(true);
    expect(bytesOfStorage()).toBe(0);
  });

  it('fetches a file once for two commands at once', async ({ windows }) => {
    civitai.setRate(right.length / 2);
    const args = [anything, 'models', '-i', '0'];
    const both = await Promise.all([windows.run('civitdl', args), windows.run('civitdl', args)]);
    expect(both.map(({ status, stderr }) => ({ status, stderr }))).toEqual([
      { status: 0, stderr: expect.any(String) },
      { status: 0, stderr: expect.any(String) },
    ]);
    expect(both.filter(({ stderr }) => stderr.includes('waiting for another process'))).toHaveLength(1);
    expect(await isRight()).toBe(true);
    expect(civitai.requestsTo('download')).toHaveLength(1);
    expect(await staleFiles()).toEqual([]);
  });

  it('downloads several models in jobs and by several connections', async ({ windows }) => {
    const sources = [...ids.batch.models.map(String), String(ids.mainExample.model)];
    const args = [...sources, 'models', '-j', '4', '--pause-time', '0', '-i', '1'];
    const env = { CIVITAI_API_KEY: civitai.goodKey };
    civitai.setRate(3_000_000);
    const { status, stderr } = await windows.run('civitdl', args, { env });
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringMatching(/^11 {2}downloaded$/m) });
    await run('civitdl', [...args, '-o', 'host'].filter((arg) => arg !== 'models'), sandbox, { env });
  });
});
