import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { fileNameProblems } from '../disk/file-name-rules.js';
import { catalog, file, ids, model, version } from '../fake-civitai/catalog.js';
import { fileBytes } from '../harness/catalog-bytes.js';
import { type Ended, run } from '../harness/command.js';
import { isOneFile } from '../harness/files.js';
import { civitai, sandbox } from '../harness/fixture.js';
import { describeUnderWine, it } from '../harness/wine.js';

/** Names of models and of their files that Windows takes for something else, or does not allow. */
const hostile = [
  ['CON', 'CON.safetensors'],
  ['aux.tar', 'aux.tar.safetensors'],
  ['COM¹', 'LPT³ .safetensors'],
  ['CONIN$', 'conout$.safetensors'],
  ['lantern. . .', 'lantern . .safetensors'],
  ['lantern:hidden', 'lantern.safetensors:hidden.safetensors'],
  ['C:\\Windows\\System32', 'C:\\Windows\\evil.safetensors'],
  ['..\\..\\up', '..\\..\\up.safetensors'],
  ['\\\\server\\share', '\\\\?\\C:\\x.safetensors'],
  ['what? <now> "yes" | *', 'what? <now> "yes" | *.safetensors'],
  ['🏮 紙灯籠', '🏮紙灯籠.safetensors'],
].map(([name = '', fileName = ''], index) => {
  const id = 900_000 + index;
  const files = [file({ id: id + 200, name: fileName, hashes: ['SHA256'] })];
  return model({ id, name, versions: [version({ id: id + 100, name: 'v1', files })] });
});

/** Holds a file open without sharing it, as many programs do, until there is a file `release`. */
const HOLD = `
  const file = fs.openSync(process.argv[1], fs.constants.O_RDWR | 0x10000000);
  fs.writeFileSync('held', '');
  const timer = setInterval(() => {
    if (!fs.existsSync('release')) return;
    clearInterval(timer);
    fs.closeSync(file);
  }, 20);`;

it.override('serverOptions', { models: [...catalog, ...hostile] });

const anything = String(ids.anything.model);
const plain = [anything, 'models', '-i', '0'];
const target = 'anythingV3_fp16/anythingV3_fp16-mid_66-vid_75.ckpt';
const right = fileBytes(ids.anything.file);

const isRight = async (root = 'models') => (await sandbox.read(`${root}/${target}`)).equals(right);
const bytesOfStorage = () => civitai.requestsTo('storage').reduce((sum, { bytesSent }) => sum + bytesSent, 0);
const staleFiles = async () => (await sandbox.tree()).filter((name) => !/\.(ckpt|csv|json)$/.test(name));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await wait(5);
}

/** Waits until the record of the part file has a third of the file, with a slow server. */
async function thirdOfIt(root = 'models'): Promise<void> {
  civitai.setRate(right.length / 2);
  await until(() => recordedBytes(sandbox.path(root, `${target}.part.json`)) > right.length / 3);
}

function recordedBytes(record: string): number {
  if (!existsSync(record)) return 0;
  const written = /"written":\[\[0,(?<end>\d+)\]\]\}\n$/.exec(readFileSync(record, 'utf8'));
  return Number(written?.groups?.end ?? 0);
}

function expectStatus(ended: Ended, status: number): void {
  expect(ended, ended.stderr).toMatchObject({ status });
}

/** Expects two folders of the sandbox to have the same files with the same bytes. */
async function expectSameFiles(one: string, other: string): Promise<void> {
  const files = await sandbox.tree(one);
  expect(files).not.toEqual([]);
  expect(await sandbox.tree(other)).toEqual(files);
  for (const name of files) {
    const isSame = (await sandbox.read(`${one}/${name}`)).equals(await sandbox.read(`${other}/${name}`));
    expect(isSame, name).toBe(true);
  }
}

describeUnderWine('civitdl on Windows', () => {
  it('writes the same files as elsewhere, and finds them all in the next run', async ({ windows }) => {
    const sources = [ids.mainExample.model, ids.anything.model, ids.formats.model].map(String);
    const options = ['--pause-time', '0', '-j', '3'];
    const env = { CIVITAI_API_KEY: civitai.goodKey };
    const first = await windows.run('civitdl', [...sources, 'models', ...options], { env });
    expectStatus(first, 0);
    expect(first.stdout.split('\n')).toContain(windows.path('models', target));
    await run('civitdl', [...sources, 'host', ...options], sandbox, { env });
    await expectSameFiles('models', 'host');
    civitai.reset();
    // Windows ignores the case of a path.
    const again = await windows.run('civitdl', [...sources, 'MODELS', ...options], { env });
    expectStatus(again, 0);
    expect(again.stderr).toMatch(/^3 {2}already downloaded$/m);
    expect(civitai.requestsTo('storage')).toEqual([]);
    await expectSameFiles('models', 'host');
  });

  it('resumes after it was killed, and takes over the lock at once', async ({ windows }) => {
    const killed = windows.start('civitdl', plain);
    await thirdOfIt();
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(await staleFiles()).toEqual([`${target}.part`, `${target}.part.lock`]);
    expect(await sandbox.tree()).toContain(`${target}.part.json`);
    civitai.reset();
    const { stderr } = await windows.run('civitdl', plain);
    expect(stderr).toMatch(/^ {2}resuming: [\d.]+ [kM]?B already downloaded$/m);
    expect(stderr).not.toContain('waiting for another process');
    expect(await isRight()).toBe(true);
    expect(bytesOfStorage()).toBeLessThan(right.length - 30_000);
    expect(await staleFiles()).toEqual([]);
  });

  it('is interrupted by Ctrl-C in a console, and resumes', async ({ windows }) => {
    const terminal = windows.open('civitdl', plain);
    await thirdOfIt();
    terminal.type('\x03');
    expect(await terminal.ended).toBe(130);
    expect(terminal.text).toContain('Interrupted. Partial downloads are kept');
    expect(await staleFiles()).toEqual([`${target}.part`]);
    civitai.reset();
    expectStatus(await windows.run('civitdl', plain), 0);
    expect(await isRight()).toBe(true);
    expect(bytesOfStorage()).toBeLessThan(right.length - 30_000);
  });

  it('takes a file from the cache by a hard link', async ({ windows }) => {
    expectStatus(await windows.run('civitdl', plain), 0);
    civitai.reset();
    const { stderr } = await windows.run('civitdl', [anything, 'other', '-i', '0']);
    expect(stderr).toContain('taken from cache as a hard link');
    expect(await isOneFile(sandbox.path('models', target), sandbox.path('other', target))).toBe(true);
    expect(civitai.requestsTo('storage')).toEqual([]);
  });

  it('fetches a file once for two commands at once', async ({ windows }) => {
    civitai.setRate(right.length);
    const both = await Promise.all([windows.run('civitdl', plain), windows.run('civitdl', plain)]);
    for (const one of both) expectStatus(one, 0);
    expect(both.filter(({ stderr }) => stderr.includes('waiting for another process'))).toHaveLength(1);
    expect(await isRight()).toBe(true);
    expect(civitai.requestsTo('download')).toHaveLength(1);
    expect(await staleFiles()).toEqual([]);
  });

  it('makes safe names of hostile ones, as elsewhere', async ({ windows }) => {
    const sources = hostile.map(({ id }) => String(id)).join(', ');
    expectStatus(await windows.run('civitdl', [sources, 'models', '--pause-time', '0', '-j', '4']), 0);
    await run('civitdl', [sources, 'host', '--pause-time', '0', '-j', '4'], sandbox);
    await expectSameFiles('models', 'host');
    const paths = await sandbox.tree();
    expect(new Set(paths.map((path) => path.split('/')[0])).size).toBe(hostile.length);
    const problems = paths.flatMap((path) => path.split('/').flatMap(fileNameProblems));
    expect(problems).toEqual([]);
    // Unlike Node, the shell opens files as old programs do, which cannot use special names.
    const shown = await windows.cmd(
      'for /r models %%f in (*.safetensors) do @type "%%f" > nul && echo right',
    );
    expect(shown.stdout.match(/right/g), shown.stdout + shown.stderr).toHaveLength(hostile.length);
  });

  it('uses paths of more than 260 characters', async ({ windows }) => {
    const folders = ['a', 'b', 'c'].map((letter) => letter.repeat(100));
    const root = windows.path('models', ...folders);
    expect(root.length).toBeGreaterThan(300);
    const killed = windows.start('civitdl', [anything, root]);
    await thirdOfIt(`models/${folders.join('/')}`);
    killed.child.kill('SIGKILL');
    await killed.ended;
    civitai.reset();
    const resumed = await windows.run('civitdl', [anything, root]);
    expect(resumed.stderr).toMatch(/^ {2}resuming: /m);
    expect(await isRight(`models/${folders.join('/')}`)).toBe(true);
    const linked = await windows.run('civitdl', [anything, windows.path('other', ...folders)]);
    // Wine cannot resolve such a path, which is one reason to make a copy.
    expect(linked.stderr).toContain('taken from cache');
    await expectSameFiles('models', 'other');
  });

  it('replaces a file that another program holds open, once it is closed', async ({ windows }) => {
    await sandbox.write(`models/${target}`, 'other bytes');
    const holder = windows.node('-e', HOLD, windows.path('models', target));
    await until(() => existsSync(sandbox.path('held')));
    const download = windows.run('civitdl', plain);
    await until(() => bytesOfStorage() >= right.length);
    // In this time, the verified file cannot get its name.
    await wait(2_000);
    await sandbox.write('release', '');
    expectStatus(await download, 0);
    expectStatus(await holder.ended, 0);
    expect(await isRight()).toBe(true);
    expect(civitai.requestsTo('download')).toHaveLength(1);
    expect(await staleFiles()).toEqual([]);
  });

  it('prints all of a long output to a pipe, and ends if its reader leaves', async ({ windows }) => {
    const args = [...ids.batch.models.map(String), 'models', '-i', '0', '--pause-time', '0', '--json'];
    const whole = await windows.pipe('civitdl', args);
    expect(whole).toMatchObject({ status: 0, stderr: expect.not.stringContaining('Error') });
    expect(JSON.parse(whole.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({ type: 'summary' });
    const cut = await windows.pipe('civitdl', args, { lines: 2 });
    expect(cut).toMatchObject({ status: 130, stderr: '' });
  });
});
