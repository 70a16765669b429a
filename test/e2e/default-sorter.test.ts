import { rm } from 'node:fs/promises';
import { beforeEach, describe, expect } from 'vitest';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

const SORTER =
  "export const sortModel = (_m, _v, _f, root) => [root, root, root, root];\nexport const description = '';";
beforeEach(async () => {
  await sandbox.write('mine.mjs', SORTER);
});

const configure = async (...args: readonly string[]) =>
  expect(await runInProcess(args, sandbox, { command: 'civitconfig' })).toMatchObject({ status: 0 });
const download = (...args: readonly string[]) => runInProcess(['66', 'models', '-i', '0', ...args], sandbox);

describe('a default sorter', () => {
  it.each<readonly [what: string, spoil: () => Promise<unknown>, status: number, says: RegExp]>([
    [
      'whose file is gone',
      async () => {
        await configure('default', '-s', './mine.mjs');
        await rm(sandbox.path('mine.mjs'));
      },
      2,
      /The sorter file \/.*\.mjs was not found\./,
    ],
    [
      'whose copy is gone',
      async () => {
        await configure('sorter', '-a', 'mine', './mine.mjs');
        await configure('default', '-s', 'mine');
        await rm(sandbox.path('config', 'sorters'), { recursive: true });
      },
      2,
      /The sorter file \/.*\.mjs was not found\./,
    ],
    [
      'whose file is broken',
      async () => {
        await configure('default', '-s', './mine.mjs');
        await sandbox.write('mine.mjs', 'export const');
      },
      1,
      /mine\.mjs/,
    ],
  ])('%s is told as the default one, with the way out', async (_what, spoil, status, says) => {
    await spoil();
    const ended = await download();
    expect(ended).toMatchObject({ status, stdout: '' });
    expect(ended.stderr).toMatch(/^Cannot use the default sorter: /);
    expect(ended.stderr).toMatch(says);
    expect(ended.stderr).toContain("'civitconfig default -s basic'");
    expect(civitai.requests).toHaveLength(0);

    expect(await download('-s', 'basic')).toMatchObject({ status: 0 });
    await configure('default', '-s', 'basic');
    expect(await download()).toMatchObject({ status: 0 });
  });
});

it('A sorter that was typed is not told as the default one', async () => {
  const { status, stderr } = await download('-s', './none.mjs');
  expect(status).toBe(2);
  expect(stderr).toContain(`The sorter file ${sandbox.path('none.mjs')} was not found.`);
  expect(stderr).toMatch(/^The sorter file /);
  expect(stderr).not.toContain('default');
});
