import { mkdir, rm, truncate, utimes } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, onTestFinished } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import type { Civitai } from '../fake-civitai/civitai.js';
import { fileBytes, fileHash } from '../harness/catalog-bytes.js';
import { ended, run, start } from '../harness/command.js';
import { swapBytes } from '../harness/files.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';
import { open } from '../harness/terminal.js';

const { anything, mainExample, sameName, gguf } = ids;
const [first = 0] = ids.batch.models;
const ESC = String.fromCharCode(27);

const cache = (...args: readonly string[]) => run('civitconfig', ['cache', ...args], sandbox);
const cacheJson = async (...args: readonly string[]) => JSON.parse((await cache(...args, '--json')).stdout);
const download = (id: number, root: string, ...args: readonly string[]) =>
  runInProcess([String(id), root, '-i', '0', ...args], sandbox);
const asked = (route: Parameters<Civitai['requestsTo']>[0]) => civitai.requestsTo(route).length;

const inkName = `PaperLanternInk-v2-mid_${mainExample.model}-vid_${mainExample.version}`;
const anythingName = `anythingV3_fp16/anythingV3_fp16-mid_66-vid_75`;

/** Creates the files of the Python tool. */
async function makePythonTree(): Promise<void> {
  const list = (id: number) => `hash_name, hash_id\nAutoV2, 0123456789\nSHA256, ${fileHash(id, 'SHA256')}\n`;
  await sandbox.write(`lib/${anythingName}.ckpt`, fileBytes(anything.file));
  await sandbox.write(`lib/${anythingName}.csv`, list(anything.file));
  await sandbox.write(`lib/anythingV3_fp16/extra_data-vid_75/model_dict-mid_66-vid_75.json`, '{}');
  await sandbox.write(`lib/anythingV3_fp16/extra_data-vid_75/517.jpeg`, 'an image');
  await sandbox.write(`lib/Paper Lantern Ink/${inkName}.safetensors`, fileBytes(mainExample.file));
  await sandbox.write(`lib/Paper Lantern Ink/${inkName}.csv`, list(mainExample.file));
}

describe('civitconfig cache --scan', () => {
  it('remembers what the Python tool has downloaded, so that nothing of it is fetched again', async () => {
    await makePythonTree();
    const { status, stdout, stderr } = await cache('--scan', 'lib');
    expect(status).toBe(0);
    expect(stdout).toBe('2 files added to the cache (3.34 MB)\n');
    expect(stderr).toContain(
      `${fileHash(anything.file, 'SHA256')}  ${sandbox.path('lib', anythingName)}.ckpt`,
    );
    const env = { CIVITAI_API_KEY: civitai.goodKey };
    const sources = [String(anything.model), String(mainExample.model)];
    const ran = await run('civitdl', [...sources, 'new', '-i', '0', '--pause-time', '0'], sandbox, { env });
    expect(ran.status).toBe(0);
    expect(ran.stderr).toMatch(/^2 {2}taken from cache\n0 B in /m);
    expect([asked('download'), asked('storage')]).toEqual([0, 0]);
  });

  it('knows files of any name by their bytes, and asks once whose they are, without a key', async () => {
    await run('civitconfig', ['default', '-k'], sandbox, { input: `${civitai.goodKey}\n` });
    civitai.reset();
    await sandbox.write('lib/my favourite.SAFETENSORS', fileBytes(mainExample.file));
    await sandbox.write('lib/deep/er/quantized.gguf', fileBytes(gguf.smallFile));
    await sandbox.write('lib/mine.safetensors', 'nobody else has it');
    await sandbox.write('lib/readme.txt', 'no model');
    await sandbox.write('lib/half.safetensors.part', 'no model either');
    const { checked, unknown, damaged } = await cacheJson('--scan', 'lib');
    expect(damaged).toEqual([]);
    expect(unknown).toEqual([sandbox.path('lib/mine.safetensors')]);
    expect(checked).toHaveLength(3);
    expect(checked).toContainEqual({
      path: sandbox.path('lib/my favourite.SAFETENSORS'),
      sha256: fileHash(mainExample.file, 'SHA256'),
      size: fileBytes(mainExample.file).length,
      modelId: mainExample.model,
      versionId: mainExample.version,
    });
    const [request, ...others] = civitai.requestsTo('owners');
    expect(others).toEqual([]);
    expect(request?.headers.authorization).toBeUndefined();
    expect(JSON.parse(request?.body ?? '')).toHaveLength(3);
    await download(gguf.model, 'new');
    expect(asked('storage')).toBe(0);
  });

  it('reads nothing again that is unchanged, and what was touched or replaced', async () => {
    await makePythonTree();
    await cache('--scan', 'lib');
    civitai.reset();
    const { status, stdout } = await cache('--scan', 'lib');
    expect([status, stdout]).toEqual([
      0,
      '0 files added to the cache (0 B), 2 already in the cache and unchanged\n',
    ]);
    expect(civitai.requests).toEqual([]);
    await utimes(sandbox.path('lib', `${anythingName}.ckpt`), new Date(), new Date(0));
    expect(await cacheJson('--scan', 'lib')).toMatchObject({ checked: [{ modelId: 66 }], known: 1 });
  });

  it('does not read what civitdl has downloaded', async () => {
    await download(first, 'models');
    expect(await cacheJson('--scan', 'models')).toMatchObject({ checked: [], known: 1 });
  });

  it('tells of a damaged file by the list beside it, and does not remember it', async () => {
    await makePythonTree();
    const path = sandbox.path('lib', `${anythingName}.ckpt`);
    await truncate(path, 100_000);
    const { status, stderr, stdout } = await cache('--scan', 'lib');
    expect(status).toBe(7);
    expect(stderr).toContain(`${path}: its SHA256 is `);
    expect(stderr).toContain(
      `but ${sandbox.path('lib', anythingName)}.csv lists ${fileHash(anything.file, 'SHA256')}.`,
    );
    expect(stdout).toContain('1 file added to the cache (3.15 MB), 1 damaged');
    expect((await cacheJson()).count).toBe(1);
  });

  it('takes no file for damaged because another one of its version has the list', async () => {
    const both = `sameName-mid_${sameName.model}-vid_${sameName.version}`;
    await sandbox.write(`lib/${both}.safetensors`, fileBytes(sameName.fp16File));
    await sandbox.write(`lib/${both}.yaml`, 'a config');
    await sandbox.write(`lib/${both}.csv`, `SHA256, ${fileHash(sameName.fp16File, 'SHA256')}\n`);
    expect(await cacheJson('--scan', 'lib')).toMatchObject({ damaged: [], checked: [{}, {}] });
  });

  it('only warns when the server can not be reached, and asks again the next time', async () => {
    await sandbox.write('lib/any.safetensors', fileBytes(mainExample.file));
    const env = { CIVITAI_BASE_URL: 'http://127.0.0.1:9' };
    const { status, stdout, stderr } = await run('civitconfig', ['cache', '--scan', 'lib'], sandbox, { env });
    expect([status, stdout]).toEqual([0, '1 file added to the cache (3.15 MB)\n']);
    expect(stderr).toContain('warning: Cannot reach 127.0.0.1:9');
    await cache('--scan', 'lib');
    expect((await cacheJson()).files).toMatchObject([{ versionId: mainExample.version }]);
  });

  it('may be given an alias, and needs a folder', async () => {
    await sandbox.write('lib/any.safetensors', fileBytes(mainExample.file));
    await run('civitconfig', ['alias', '-a', 'lib', 'lib'], sandbox);
    expect((await cacheJson('--scan', '@lib')).checked).toHaveLength(1);
    const { status, stderr } = await cache('--scan', 'nowhere');
    expect(status).toBe(1);
    expect(stderr).toContain(`Cannot read ${sandbox.path('nowhere')}: file or folder not found.`);
  });

  it('keeps what it has read when it is interrupted, and says so', async () => {
    await makePythonTree();
    // Reading it takes too long. The other thread reads the rest.
    await truncate(await sandbox.write('lib/large.safetensors', ''), 200_000_000_000);
    const reading = start('civitconfig', ['cache', '--scan', 'lib'], sandbox);
    onTestFinished(() => void reading.kill('SIGKILL'));
    const end = ended(reading);
    const isRead = async () => (await cacheJson()).count === 2;
    while (!(await isRead())) await wait(50);
    reading.kill('SIGINT');
    const { status, stdout } = await end;
    expect(status).toBe(130);
    expect(stdout).toContain(
      '2 files added to the cache (3.34 MB)\nInterrupted. The files read so far are in the cache',
    );
    await rm(sandbox.path('lib/large.safetensors'));
    expect(await cacheJson('--scan', 'lib')).toMatchObject({ checked: [], known: 2 });
  });

  it('shows a bar on a terminal', async () => {
    await makePythonTree();
    const terminal = open('civitconfig', ['cache', '--scan', 'lib'], sandbox);
    expect(await terminal.ended).toBe(0);
    expect(terminal.output).toContain(`${ESC}[?25h`);
    expect(terminal.output).toContain('2 files added to the cache');
  });
});

describe('civitconfig cache', () => {
  it('tells what is remembered and what has become of it', async () => {
    for (const id of ids.batch.models.slice(0, 3)) await download(id, 'one');
    await download(first, 'two');
    const folder = sandbox.path('cache');
    expect((await cache()).stdout).toMatch(/^4 files, 360 kB; cache index: /m);
    const { files } = await cacheJson();
    expect(files).toHaveLength(4);
    await rm(files[0].path);
    await swapBytes(files[1].path);
    const looked = await cacheJson();
    expect(looked).toMatchObject({ folder, count: 4, gone: 1, changed: 1 });
    expect(looked.files.map(({ state }: { state: string }) => state)).toEqual([
      ...['gone', 'changed', 'unchanged', 'unchanged'],
    ]);
    const { stdout } = await cache();
    expect(stdout).toContain('4 files, 360 kB, 1 gone, 1 changed; cache index: ');
    expect(stdout).toMatch(/^100 kB {2}model 700001 {2}version 710001 {2}gone +\//m);
  });

  it('has a table that fits a narrow terminal', async () => {
    await download(first, 'one');
    const terminal = open('civitconfig', ['cache'], sandbox, { columns: 50 });
    expect(await terminal.ended).toBe(0);
    const [lines] = [terminal.output.split('\r\n')];
    expect(Math.max(...lines.slice(0, -2).map((line) => line.length))).toBeLessThanOrEqual(50);
  });

  it('is empty at first, and after --clear, which deletes no model file', async () => {
    expect((await cache()).stdout).toMatch(/^0 files, 0 B; /);
    await download(first, 'one');
    const tree = await sandbox.tree('one');
    const { status, stdout } = await cache('--clear');
    expect([status, stdout]).toEqual([0, '1 file removed from the cache, none deleted from disk.\n']);
    expect(await cacheJson('--clear')).toEqual({ forgotten: 0 });
    expect((await cacheJson()).count).toBe(0);
    expect(await sandbox.tree('one')).toEqual(tree);
    expect((await cache('--clear', '--scan', 'one')).status).toBe(2);
  });

  it('can be asked while the index is broken', async () => {
    await mkdir(sandbox.path('cache/index-1/aa.jsonl'), { recursive: true });
    const { status, stderr } = await cache();
    expect(status).toBe(1);
    expect(stderr).toContain(`Cannot read ${sandbox.path('cache/index-1/aa.jsonl')}: it is a folder.`);
  });
});
