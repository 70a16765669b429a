import { chmod, mkdir } from 'node:fs/promises';
import { expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { fileBytes } from '../harness/catalog-bytes.js';
import { run } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';
import { parseJsonLines } from '../harness/json-lines.js';
import { otherUser, sharedFolder } from '../harness/other-user.js';

const args = [String(ids.anything.model), 'models', '-i', '0'];
const target = 'anythingV3_fp16/anythingV3_fp16-mid_66-vid_75.ckpt';

it.override('sandboxParent', sharedFolder);

it('A file in the place of the root directory stops the run and stays', async () => {
  await sandbox.write('models', 'a file');
  const { status, stderr } = await runInProcess(args, sandbox);
  expect(status).toBe(2);
  expect(stderr).toBe(
    `Cannot use the root directory ${sandbox.path('models')}: it is a file, not a folder. Choose another folder, or add one if this file is a source.\n`,
  );
  expect((await sandbox.read('models')).toString()).toBe('a file');
  expect(civitai.requestsTo('download')).toEqual([]);
});

it('A record that a run has left just after the file got its name goes with the next run', async () => {
  await runInProcess(args, sandbox);
  await sandbox.write(`models/${target}.part.json`, '{}');
  expect(await runInProcess(args, sandbox)).toMatchObject({ status: 0 });
  expect(await sandbox.tree()).not.toContain(`${target}.part.json`);
});

it('A folder that is not ours to write to stops the run', async ({ skip }) => {
  await mkdir(sandbox.path('models'));
  await chmod(sandbox.path('models'), 0o555);
  await chmod(sandbox.dir, 0o755);
  const { status, stderr } = await run('civitdl', args, sandbox, otherUser(skip));
  expect(status).toBe(2);
  expect(stderr).toBe(
    `Cannot use the root directory ${sandbox.path('models')}: it cannot be written (permission denied). Choose another folder.\n`,
  );
  expect(civitai.requests).toEqual([]);
  // Planning writes nothing.
  const planned = await run('civitdl', [...args, '--dry-run'], sandbox, otherUser(skip));
  expect(planned.status).toBe(0);
  expect(planned.stderr.replace(/\s+/g, ' ')).toContain(
    `warning: Cannot use the root directory ${sandbox.path('models')}: it cannot be written (permission denied). Choose another folder.`,
  );
  const { stdout } = await run('civitdl', [...args, '--dry-run', '--json'], sandbox, otherUser(skip));
  expect(parseJsonLines(stdout)[0]).toMatchObject({ type: 'warned', error: { code: 'usage' } });
});

it.skipIf(process.platform === 'win32')(
  'A disk that takes no more leaves no half file under the name',
  async () => {
    const { status, stderr } = await run('civitdl', args, sandbox, { maxFileBlocks: 100 });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /66: Cannot write \S+: the file system does not allow files of this size\.\n {2}Choose a folder on another disk: FAT32 ends files at 4 GiB/,
    );
    expect(await sandbox.tree()).not.toContain(target);

    expect(await run('civitdl', args, sandbox)).toMatchObject({ status: 0 });
    expect((await sandbox.read(`models/${target}`)).equals(fileBytes(ids.anything.file))).toBe(true);
  },
);
