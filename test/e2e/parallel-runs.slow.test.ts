import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, onTestFinished } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { fileBytes } from '../harness/catalog-bytes.js';
import { ended, run, start } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

const right = fileBytes(ids.anything.file);
const target = 'anythingV3_fp16/anythingV3_fp16-mid_66-vid_75.ckpt';
const args = [String(ids.anything.model), 'models', '-i', '0'];
const waiting = 'waiting for another process that is downloading this file';

const isWhole = async () => (await sandbox.read(`models/${target}`)).equals(right);
const staleFiles = async () => (await sandbox.tree()).filter((name) => !/\.(ckpt|csv|json)$/.test(name));
const bytesOfStorage = () => civitai.requestsTo('storage').reduce((sum, { bytesSent }) => sum + bytesSent, 0);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await wait(5);
}

/** Starts a command. */
function begin() {
  const child = start('civitdl', args, sandbox);
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  return { child, ended: ended(child), isWaiting: () => said.includes(waiting) };
}

/** Starts two commands: the first is in the middle of the file, the second waits. */
async function beginTwo() {
  civitai.setRate(right.length / 20);
  const first = begin();
  await until(() => bytesOfStorage() > 20_000);
  const second = begin();
  await until(second.isWaiting);
  civitai.setRate(undefined);
  return [first, second] as const;
}

describe('two commands that download one file at once', () => {
  it('fetch it once: one waits for the other', async () => {
    civitai.setRate(right.length / 2);
    const json = [...args, '--json'];
    const both = await Promise.all([run('civitdl', json, sandbox), run('civitdl', json, sandbox)]);
    expect(
      both.map(({ status }) => status),
      JSON.stringify(both),
    ).toEqual([0, 0]);
    expect(await isWhole()).toBe(true);
    expect(civitai.requestsTo('download')).toHaveLength(1);
    const [waited, ...others] = both.filter(({ stderr }) => stderr.includes(waiting));
    expect(others).toEqual([]);
    expect(waited?.stderr).toMatch(/^ {2}already downloaded, SHA256 verified now: /m);
    expect(waited?.stderr).toMatch(/^1 already downloaded; 0 B in /m);
    expect(waited?.stdout).toContain('"notice":{"type":"waiting"}');
    expect(waited?.stdout).toContain('"how":"present"');
    expect(await staleFiles()).toEqual([]);
  });

  it('do not wait in vain for one that is interrupted: the other goes on', async () => {
    const [first, second] = await beginTwo();
    first.child.kill('SIGINT');
    expect(await first.ended).toMatchObject({ status: 130 });
    const { status, stderr } = await second.ended;
    expect(status).toBe(0);
    expect(stderr).toMatch(/^ {2}resuming: [\d.]+ [kM]?B already downloaded$/m);
    expect(await isWhole()).toBe(true);
    expect(await staleFiles()).toEqual([]);
  });

  it('can be interrupted while they wait', async () => {
    const [first, second] = await beginTwo();
    second.child.kill('SIGINT');
    expect(await second.ended).toMatchObject({ status: 130, stdout: '' });
    expect(first.child.exitCode).toBeNull();
    expect(await staleFiles()).toContain(`${target}.part.lock`);
    first.child.kill('SIGINT');
    await first.ended;
    expect(await staleFiles()).toEqual([`${target}.part`]);
  });
});

describe('the lock', () => {
  it('of a command that was killed is taken over at once', async () => {
    civitai.setRate(right.length / 20);
    const killed = begin();
    await until(() => bytesOfStorage() > 20_000);
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(await staleFiles()).toContain(`${target}.part.lock`);
    civitai.reset();
    const { status, stderr } = await run('civitdl', args, sandbox);
    expect(status).toBe(0);
    expect(stderr).not.toContain(waiting);
    expect(await isWhole()).toBe(true);
    expect(await staleFiles()).toEqual([]);
  });

  it('is not left by a command that fails', async () => {
    civitai.fault({ on: 'storage', kind: 'status', status: 404, times: Number.POSITIVE_INFINITY });
    expect(await runInProcess(args, sandbox)).toMatchObject({ status: 4 });
    expect(await staleFiles()).toEqual([]);
  });
});
