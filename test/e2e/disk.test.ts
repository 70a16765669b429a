import { chmod, mkdir } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { type Civitai, startCivitai } from '../fake-civitai/civitai.js';
import { fileBytes } from '../harness/catalog-bytes.js';
import { run } from '../harness/command.js';
import { runInProcess } from '../harness/in-process.js';
import { type Sandbox, sandbox } from '../harness/sandbox.js';
import { unprivileged } from '../harness/unprivileged.js';

const args = [String(ids.anything.model), 'models', '-i', '0'];
const target = 'anythingV3_fp16/anythingV3_fp16-mid_66-vid_75.ckpt';

let civitai: Civitai;
let box: Sandbox;
beforeAll(async () => {
  civitai = await startCivitai();
});
afterAll(() => civitai.close());
beforeEach(async () => {
  civitai.reset();
  box = await sandbox(civitai.url);
});

it('A file in the place of the root directory fails the download and stays', async () => {
  await box.write('models', 'a file');
  const { status, stderr } = await runInProcess(args, box);
  expect(status).toBe(1);
  expect(stderr).toMatch(/66: Cannot write \S+: a part of the path is not a folder\.\n {2}Check the path/);
  expect((await box.read('models')).toString()).toBe('a file');
  expect(civitai.requestsTo('download')).toEqual([]);
});

it('A record that a run has left just after the file got its name goes with the next run', async () => {
  await runInProcess(args, box);
  await box.write(`models/${target}.part.json`, '{}');
  expect(await runInProcess(args, box)).toMatchObject({ status: 0 });
  expect(await box.tree()).not.toContain(`${target}.part.json`);
});

it('A folder that is not ours to write to fails the download', async () => {
  await mkdir(box.path('models'));
  await chmod(box.path('models'), 0o555);
  await chmod(box.dir, 0o755);
  // Loads the program by somebody who may read it, wherever it lies.
  await runInProcess([String(ids.absent.model), 'models'], box);
  const { status, stderr } = await unprivileged(() => runInProcess(args, box));
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /66: Cannot write \S+: permission denied\.\n {2}Choose a folder that you can write to\./,
  );
  expect(civitai.requestsTo('download')).toEqual([]);
});

it.skipIf(process.platform === 'win32')(
  'A disk that takes no more leaves no half file under the name',
  async () => {
    const { status, stderr } = await run('civitdl', args, box, { largestFile: 100 });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /66: Cannot write \S+: the file system does not allow files of this size\.\n {2}Free some space/,
    );
    expect(await box.tree()).not.toContain(target);

    expect(await run('civitdl', args, box)).toMatchObject({ status: 0 });
    expect((await box.read(`models/${target}`)).equals(fileBytes(ids.anything.file))).toBe(true);
  },
);
