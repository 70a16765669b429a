import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { fileBytes } from '../harness/catalog-bytes.js';
import { run } from '../harness/command.js';
import { isOneFile, renewFile, swapBytes } from '../harness/files.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';
import { otherDisk } from '../harness/other-disk.js';
import { otherUser, sharedFolder } from '../harness/other-user.js';

const { model, file } = ids.anything;
const right = fileBytes(file);
const name = 'anythingV3_fp16/anythingV3_fp16-mid_66-vid_75.ckpt';
const TAKEN = 'taken from cache as a ';

const download = (root: string, ...args: readonly string[]) =>
  runInProcess([String(model), root, '-i', '0', ...args], sandbox);
const asked = () => civitai.requestsTo('download').length;
const index = () => sandbox.path('cache', 'index-1');
const indexText = async () => {
  const names = (await readdir(index())).filter((one) => one.endsWith('.jsonl'));
  return (await Promise.all(names.map((one) => sandbox.read(`cache/index-1/${one}`)))).join('');
};
const isWhole = async (root: string) => (await sandbox.read(`${root}/${name}`)).equals(right);

/** Downloads into one root directory, and clears the recorded requests. */
async function haveOne(...args: readonly string[]): Promise<string> {
  expect(await download('one', ...args)).toMatchObject({ status: 0 });
  civitai.reset();
  return sandbox.path('one', name);
}

describe('a file that was downloaded before', () => {
  it('is taken from there into another root, without a request and without copying', async () => {
    const first = await haveOne();
    const { status, stderr, stdout } = await download('two');
    expect(status).toBe(0);
    expect(asked()).toBe(0);
    expect(stderr).toMatch(
      /^ {2}taken from cache as a (hard link|reflink), SHA256 verified on [\d-]{10}, unchanged since: /m,
    );
    expect(stderr).toMatch(/^1 taken from cache; 0 B in /m);
    expect(stdout).toBe(`${sandbox.path('two', name)}\n`);
    expect(await isWhole('two')).toBe(true);
    if (stderr.includes('hard link')) expect(await isOneFile(first, sandbox.path('two', name))).toBe(true);
    expect((await sandbox.tree('two')).map((path) => path.replace(/.*\./, ''))).toEqual([
      'ckpt',
      'csv',
      'json',
    ]);
  });

  it('is told to programs with where it was and how it came', async () => {
    const first = await haveOne();
    const { stdout } = await download('two', '--json');
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.find(({ type }) => type === 'file')).toMatchObject({
      file: { how: 'cached', fetched: 0, cached: { path: first, by: expect.any(String), replaced: false } },
    });
    expect(lines.at(-1)).toMatchObject({
      type: 'summary',
      exitStatus: 0,
      downloaded: 0,
      cached: 1,
      bytes: 0,
    });
  });

  it('replaces another file there, which is said', async () => {
    await haveOne();
    await sandbox.write(`two/${name}`, 'other bytes');
    const { stderr } = await download('two');
    expect(stderr).toMatch(/taken from cache as a [\w ]+, replacing the existing file, SHA256/);
    expect([asked(), await isWhole('two')]).toEqual([0, true]);
  });

  it('leaves nothing of an earlier run that was cut off', async () => {
    await haveOne();
    await sandbox.write(`two/${name}.part`, 'half');
    await sandbox.write(`two/${name}.part.json`, '{}');
    await download('two');
    expect((await sandbox.tree('two')).filter((path) => path.includes('.part'))).toEqual([]);
    expect([asked(), await isWhole('two')]).toEqual([0, true]);
  });

  it('is not read again in its own place as long as it is unchanged, but when it was touched', async () => {
    const path = await haveOne();
    expect((await download('one')).stderr).toMatch(
      /already downloaded, SHA256 verified on [\d-]{10}, unchanged/,
    );
    await utimes(path, new Date(), new Date(0));
    expect((await download('one')).stderr).toContain('already downloaded, SHA256 verified now: ');
    expect((await download('one')).stderr).toContain('unchanged since');
    expect(asked()).toBe(0);
  });

  it('that was found and was right is remembered, too', async () => {
    await sandbox.write(`one/${name}`, right);
    expect((await download('one')).stderr).toContain('already downloaded, SHA256 verified now: ');
    expect((await download('two')).stderr).toContain(TAKEN);
    expect(asked()).toBe(0);
  });

  it('is fetched all the same with --model-overwrite', async () => {
    await haveOne();
    expect((await download('one', '--model-overwrite')).stderr).toContain(
      'downloaded, replacing the existing file',
    );
    expect((await download('two', '--model-overwrite')).stderr).toContain('  downloaded, SHA256 verified');
    expect(asked()).toBe(2);
  });

  it('is fetched if it cannot be put in place, and --verbose prints why', async () => {
    const first = await haveOne();
    await mkdir(sandbox.path('two', name), { recursive: true });
    const { stderr } = await download('two', '--verbose');
    expect(stderr).toContain(`cache: cannot use ${first}: Cannot create ${sandbox.path('two', name)}: `);
    expect(asked()).toBe(1);
  });

  it.each(['unscanned', 'onlyCrc32'] as const)('and is %s is known by its id', async (which) => {
    const source = String(ids[which].model);
    const get = (root: string) => runInProcess([source, root, '-i', '0'], sandbox);
    await get('one');
    expect((await get('two')).stderr).toContain(TAKEN);
    expect(asked()).toBe(1);
  });
});

describe('what the index says and is not so', () => {
  it.each<readonly [what: string, change: (path: string) => Promise<unknown>, says: string]>([
    ['is gone', (path) => rm(path), 'is gone; removed from the index'],
    ['was cut off', (path) => truncate(path, 1000), 'has another size now; removed from the index'],
    ['has other bytes of the same time and size', swapBytes, 'has other bytes now; removed from the index'],
    [
      'was replaced by a folder',
      (path) => rm(path).then(() => mkdir(path)),
      'is gone; removed from the index',
    ],
  ])('is noticed when the file %s, and forgotten', async (_what, change, says) => {
    const path = await haveOne();
    await change(path);
    const { status, stderr } = await download('two', '--verbose');
    expect(status).toBe(0);
    expect(stderr).toContain(`cache: ${path} ${says}`);
    expect([asked(), await isWhole('two')]).toEqual([1, true]);
    expect((await download('three', '--verbose')).stderr).not.toContain('removed from the index');
    expect([asked(), await isWhole('three')]).toEqual([1, true]);
  });

  it('is corrected when the file is another one with the same bytes', async () => {
    const path = await haveOne();
    await renewFile(path);
    expect((await download('two')).stderr).toContain(TAKEN);
    expect(await indexText()).toContain(`"ino":"${(await stat(path, { bigint: true })).ino}"`);
    expect(asked()).toBe(0);
  });

  it('is noticed in the place that the file itself is to have', async () => {
    const path = await haveOne();
    await swapBytes(path);
    expect((await download('one')).stderr).toContain('downloaded, replacing the existing file');
    expect([asked(), await isWhole('one')]).toEqual([1, true]);
  });

  it('is trusted with --strict-mode 0 as long as the size is right', async () => {
    const path = await haveOne();
    await swapBytes(path);
    const { stderr } = await download('two', '--strict-mode', '0');
    expect(stderr).toMatch(/taken from cache as a [\w ]+, not verified: /);
    expect([asked(), await isWhole('two')]).toEqual([0, false]);
    await truncate(path, 10);
    await rm(sandbox.path('two'), { recursive: true });
    await download('two', '--strict-mode', '0');
    expect([asked(), await isWhole('two')]).toEqual([1, true]);
  });
});

describe('another file system', () => {
  const isThere = otherDisk !== undefined;
  if (!isThere) process.stderr.write('NOT TESTED: copies to another file system, since there is none.\n');

  async function elsewhere(): Promise<string> {
    const folder = await mkdtemp(join(otherDisk ?? '', 'civitdl-test-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    return folder;
  }

  it.runIf(isThere)('gets a copy, which is verified', async () => {
    await haveOne();
    const folder = await elsewhere();
    const { status, stderr } = await download(folder);
    expect(status).toBe(0);
    expect(stderr).toContain('copying anythingV3_fp16-mid_66-vid_75.ckpt from ');
    expect(stderr).toContain('taken from cache as a copy, SHA256 verified: ');
    expect(asked()).toBe(0);
    expect((await readdir(join(folder, 'anythingV3_fp16'))).sort()).toEqual([
      'anythingV3_fp16-mid_66-vid_75.ckpt',
      'anythingV3_fp16-mid_66-vid_75.csv',
      'extra_data-vid_75',
    ]);
  });

  it.runIf(isThere)('gets no copy of a file that a lying entry says to be unchanged', async () => {
    const path = await haveOne();
    await swapBytes(path);
    const { ino, mtimeNs } = await stat(path, { bigint: true });
    for (const shard of await readdir(index())) {
      const text = String(await sandbox.read(`cache/index-1/${shard}`));
      const lie = text
        .replace(/"ino":"\d+"/, `"ino":"${ino}"`)
        .replace(/"mtimeNs":"\d+"/, `"mtimeNs":"${mtimeNs}"`);
      await sandbox.write(`cache/index-1/${shard}`, lie);
    }
    const { status, stderr } = await download(await elsewhere(), '--verbose');
    expect(status).toBe(0);
    expect(stderr).toContain(`cache: ${path} is not what it was (`);
    expect(stderr).toContain('  downloaded, SHA256 verified');
    expect(asked()).toBe(1);
  });
});

describe('--cache-mode 0', () => {
  it('remembers nothing', async () => {
    await haveOne('--cache-mode', '0');
    expect(existsSync(sandbox.path('cache'))).toBe(false);
    expect((await download('two')).stderr).toContain('  downloaded');
  });

  it('takes nothing from elsewhere, and reads what is there', async () => {
    await haveOne();
    const before = await indexText();
    expect((await download('two', '--cache-mode', '0')).stderr).toContain('  downloaded');
    expect((await download('one', '--cache-mode', '0')).stderr).toContain('SHA256 verified now');
    expect([asked(), await indexText()]).toEqual([1, before]);
  });

  it('has the same effect as a stored default', async () => {
    await haveOne();
    const stored = ['default', '--cache-mode', '0'];
    expect(await runInProcess(stored, sandbox, { command: 'civitconfig' })).toMatchObject({ status: 0 });
    expect((await download('two')).stderr).toContain('  downloaded');
    expect((await download('three', '--cache-mode', '1')).stderr).toContain(TAKEN);
  });
});

describe('an index that can not be used', () => {
  it.override('sandboxParent', sharedFolder);

  const warning = /^ {2}warning: The index of downloaded files/gm;
  const warnings = (text: string) => text.match(warning)?.length ?? 0;

  it('is warned of once when its folder is a file', async () => {
    await sandbox.write('cache', 'a file');
    const sources = ids.batch.models.slice(0, 2).join();
    const { status, stderr } = await runInProcess([sources, 'models', '-i', '0'], sandbox);
    expect([status, warnings(stderr)]).toEqual([0, 1]);
  });

  it('costs no time and one warning when its folder cannot be created', async ({ skip }) => {
    await mkdir(sandbox.path('models'));
    await mkdir(sandbox.path('closed'));
    await chmod(sandbox.dir, 0o755);
    await chmod(sandbox.path('models'), 0o777);
    await chmod(sandbox.path('closed'), 0o555);
    sandbox.env.CIVITDL_CACHE_DIR = sandbox.path('closed/.cache/civitdl');
    const args = [ids.batch.models.slice(0, 2).join(), 'models', '-i', '0', '--pause-time', '0'];
    const startedAt = performance.now();
    const { status, stderr } = await run('civitdl', args, sandbox, otherUser(skip));
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    expect([status, warnings(stderr)]).toEqual([0, 1]);
    const [first = ''] = stderr.split('\n').filter((line) => line.trim() !== '');
    expect(first).toContain('The index of downloaded files is unavailable.');
    expect(stderr.replace(/\s+/g, ' ')).toContain(
      'permission denied. Set CIVITDL_CACHE_DIR to a folder that you can write, or pass --no-cache.',
    );
  });

  it('is used as far as it goes when it is read-only', async ({ skip }) => {
    await haveOne();
    for (const folder of [sandbox.dir, sandbox.path('home'), sandbox.path('three')]) {
      await mkdir(folder, { recursive: true });
      await chmod(folder, 0o777);
    }
    await chmod(index(), 0o755);
    await chmod(sandbox.path('cache'), 0o755);
    for (const shard of await readdir(index())) await chmod(join(index(), shard), 0o444);
    await chmod(index(), 0o555);
    onTestFinished(() => chmod(index(), 0o755));
    const { status, stderr } = await run(
      'civitdl',
      [String(model), 'three', '-i', '0'],
      sandbox,
      otherUser(skip),
    );
    expect(status).toBe(0);
    expect(asked()).toBe(0);
    expect(stderr).toContain(TAKEN);
    expect(warnings(stderr)).toBe(1);
  });

  it('loses only its broken lines, which are kept aside with a word', async () => {
    await haveOne();
    const [shard = ''] = await readdir(index());
    const good = await indexText();
    await writeFile(join(index(), shard), `${good}{"key":1}\n{"key":"AB`);
    const { stderr, status } = await download('two');
    expect([status, asked(), warnings(stderr)]).toEqual([0, 0, 1]);
    expect(stderr).toContain('had 2 corrupt lines');
    expect(await indexText()).toContain(good);
    expect(String(await sandbox.read(`cache/index-1/${shard}.broken`))).toContain('{"key":1}');
    expect(warnings((await download('three')).stderr)).toBe(0);
  });
});

it('A dry run tells where the model file would come from, and changes nothing', async () => {
  const plan = async (root: string) => (await download(root, '--dry-run')).stdout;
  expect(await plan('one')).not.toContain('from the cache');
  const path = await haveOne();
  const before = await indexText();
  expect(await plan('one')).toMatch(/^model .* already downloaded {2}\//m);
  expect(await plan('two')).toMatch(/^model .* from the cache {2}\//m);
  expect((await download('two', '--dry-run', '--json')).stdout).toContain('"from":"cache"');
  await utimes(path, new Date(), new Date(0));
  expect(await plan('one')).toMatch(/^model .* exists, to be verified {2}\//m);
  expect(await plan('two')).not.toContain('from the cache');
  expect([asked(), await indexText(), existsSync(sandbox.path('two'))]).toEqual([0, before, false]);
});
