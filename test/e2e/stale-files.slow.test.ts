import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, onTestFinished } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { ended, run, start } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';

const args = [String(ids.anything.model), 'models', '-i', '1'];
const target = 'anythingV3_fp16/anythingV3_fp16-mid_66-vid_75.ckpt';
const extra = 'anythingV3_fp16/extra_data-vid_75';
const whole = [
  target,
  target.replace('.ckpt', '.csv'),
  `${extra}/517-prompt.json`,
  `${extra}/517.jpeg`,
  `${extra}/model_dict-mid_66-vid_75.json`,
].sort();

/** Starts the command, and kills it when `isTime` returns true. */
async function killWhen(isTime: () => Promise<boolean>): Promise<void> {
  const child = start('civitdl', args, sandbox);
  onTestFinished(() => void child.kill('SIGKILL'));
  while (!(await isTime())) await wait(5);
  child.kill('SIGKILL');
  await ended(child);
}

const has = async (pattern: RegExp) => (await sandbox.tree()).some((name) => pattern.test(name));

async function expectAllRight(): Promise<void> {
  civitai.reset();
  expect(await run('civitdl', args, sandbox)).toMatchObject({ status: 0 });
  expect(await sandbox.tree()).toEqual(whole);
}

describe('what a killed run has left goes with the next one:', () => {
  it('half an image, though that can not be had any more', async () => {
    civitai.fault({ on: 'image', kind: 'stall', after: 100 });
    await killWhen(() => has(/\.tmp$/));
    expect(await has(/\.json\.lock$/)).toBe(true);
    civitai.fault({ on: 'image', kind: 'status', status: 404 });
    expect(await run('civitdl', args, sandbox)).toMatchObject({ status: 0 });
    expect(await has(/\.(tmp|lock)$/)).toBe(false);
    await expectAllRight();
  });

  it('the lock of a file that got its name just before', async () => {
    civitai.setRate(50_000);
    await killWhen(() => has(/\.part$/));
    const lock = await sandbox.read(`models/${target}.part.lock`);
    await expectAllRight();
    await sandbox.write(`models/${target}.part.lock`, lock);
    await sandbox.write(`models/${target}.part.json`, '{}');
    await expectAllRight();
  });

  it('the lock of a version whose documents are all there', async () => {
    civitai.setRate(50_000);
    await killWhen(() => has(/\.part$/));
    const lock = await sandbox.read(`models/${target}.part.lock`);
    await expectAllRight();
    const [metadata = ''] = (await sandbox.tree()).filter((name) => /model_dict.*\.json$/.test(name));
    await sandbox.write(`models/${metadata}.lock`, lock);
    await expectAllRight();
  });

  it('but not the lock of a run that is still there', async () => {
    await expectAllRight();
    // Slow enough for the other run to end before, even on a busy machine.
    civitai.setRate(15_000);
    const child = start('civitdl', [...args, '--model-overwrite'], sandbox);
    onTestFinished(() => void child.kill('SIGKILL'));
    while (!(await has(/\.part$/))) await wait(5);
    expect(await run('civitdl', args, sandbox)).toMatchObject({ status: 0 });
    expect(await has(/\.part$/)).toBe(true);
    expect(await has(/\.part\.lock$/)).toBe(true);
    civitai.setRate(undefined);
    expect(await ended(child)).toMatchObject({ status: 0 });
    expect(await sandbox.tree()).toEqual(whole);
  });
});

it('two runs at once fetch an image once', async () => {
  civitai.fault({ on: 'image', kind: 'delay', ms: 500 });
  const both = await Promise.all([run('civitdl', args, sandbox), run('civitdl', args, sandbox)]);
  expect(both.map(({ status }) => status)).toEqual([0, 0]);
  expect(civitai.requestsTo('image')).toHaveLength(1);
  expect(await sandbox.tree()).toEqual(whole);
});
