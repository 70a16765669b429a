import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { file, image, model, version } from '../fake-civitai/catalog.js';
import { bytesOf } from '../fake-civitai/server/catalog-index.js';
import { makeAppRoot } from '../harness/app-roots.js';
import { type Ended, run, start } from '../harness/command.js';
import { describeOnExfat, it } from '../harness/exfat.js';
import { civitai, sandbox } from '../harness/fixture.js';

/** Models, files and images whose names differ only in case, and a name that exFAT does not allow. */
const models = ['Lantern', 'LANTERN', 'lantern', 'What? A "lantern": <x>'].map((name, index) => {
  const id = 900_000 + index;
  const files = ['Ink.safetensors', 'INK.safetensors', 'ink.safetensors'].map((fileName, number) =>
    file({ id: id + 100 * (number + 1), name: fileName, hashes: ['SHA256'] }),
  );
  const images = ['Twin', 'TWIN'].map((imageName, number) =>
    image({ id: id + 100 * (number + 1), name: imageName }),
  );
  return model({ id, name, versions: [version({ id: id + 50, name: 'v1', files, images })] });
});
const all = models.map(({ id }) => String(id));
const options = ['--all-files', '--pause-time', '0', '-j', '4'];
const [first] = models;

it.override('serverOptions', { models });

function expectStatus(ended: Ended, status: number): void {
  expect(ended, ended.stderr).toMatchObject({ status });
}

/** Returns the contents of all model files in a folder, sorted. */
async function contentsOf(folder: string): Promise<readonly Buffer[]> {
  const names = (await sandbox.tree(folder)).filter((name) => name.endsWith('.safetensors'));
  const contents = await Promise.all(names.map((name) => sandbox.read(`${folder}/${name}`)));
  return contents.sort(Buffer.compare);
}

const expected = models
  .flatMap(({ versions }) => versions.flatMap(({ files }) => files))
  .map((one) => bytesOf(one).read(0, one.size))
  .sort(Buffer.compare);

describeOnExfat('civitdl on a disk that ignores case', () => {
  it('never writes two things to one path', async () => {
    expectStatus(await run('civitdl', [...all, 'models', ...options], sandbox), 0);
    expect(existsSync(sandbox.path('MODELS'))).toBe(true);
    expect(await contentsOf('models')).toEqual(expected);
    const names = await sandbox.tree();
    expect(names.filter((name) => /twin(-2)?\.jpeg$/i.test(name))).toHaveLength(models.length * 2);
    expect(names.filter((name) => !/\.(safetensors|csv|json|jpeg)$/.test(name))).toEqual([]);
  });

  it('finds everything in the next run, however the root directory is written', async () => {
    expectStatus(await run('civitdl', [...all, 'models', ...options], sandbox), 0);
    const before = await sandbox.tree();
    civitai.reset();
    const { stderr } = await run('civitdl', [...all, 'MODELS', ...options], sandbox);
    expect(stderr).toMatch(/^12 {2}already downloaded$/m);
    expect(civitai.requestsTo('storage')).toEqual([]);
    expect(civitai.requestsTo('image')).toEqual([]);
    expect(await sandbox.tree()).toEqual(before);
  });

  it('resumes, and takes over the lock of a killed command', async () => {
    const args = [String(first?.id), 'models', '-i', '0'];
    civitai.setRate(80_000);
    const child = start('civitdl', args, sandbox);
    const sent = () => civitai.requestsTo('storage').reduce((sum, { bytesSent }) => sum + bytesSent, 0);
    while (sent() < 50_000) await wait(5);
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await closed;
    civitai.reset();
    const { status, stderr } = await run('civitdl', args, sandbox);
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringMatching(/^ {2}resuming: /m) });
    expect((await sandbox.tree()).filter((name) => !/\.(safetensors|csv|json)$/.test(name))).toEqual([]);
  });

  it('copies a file from the cache, since there are no links', async () => {
    expectStatus(await run('civitdl', [...all, 'models', '-i', '0', '--pause-time', '0'], sandbox), 0);
    civitai.reset();
    const { status, stderr } = await run(
      'civitdl',
      [...all, 'other', '-i', '0', '--pause-time', '0'],
      sandbox,
    );
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringMatching(/^4 {2}taken from cache$/m),
    });
    expect(await contentsOf('other')).toEqual(await contentsOf('models'));
    expect(civitai.requestsTo('storage')).toEqual([]);
  });

  it('gives models of an application their own names, sidecars and previews', async () => {
    makeAppRoot(sandbox.path('app'), 'StabilityMatrix');
    const args = [...all, 'app', ...options];
    expectStatus(await run('civitdl', args, sandbox), 0);
    const folder = 'app/Models/Lora';
    expect(await contentsOf(folder)).toEqual(expected);
    const names = await sandbox.tree(folder);
    const stems = names.filter((name) => name.endsWith('.safetensors')).map((name) => name.slice(0, -12));
    expect(new Set(stems.map((stem) => stem.toLowerCase())).size).toBe(expected.length);
    for (const stem of stems) {
      for (const end of ['.json', '.cm-info.json', '.metadata.json', '.jpg', '.preview.jpeg', '.sha256'])
        expect(names).toContain(stem + end);
      const bytes = await sandbox.read(`${folder}/${stem}.safetensors`);
      expect(String(await sandbox.read(`${folder}/${stem}.sha256`))).toBe(
        createHash('sha256').update(bytes).digest('hex'),
      );
    }
    const before = await sandbox.tree('app');
    civitai.reset();
    for (const folderName of ['app', 'APP/MODELS']) {
      const { stderr } = await run('civitdl', [...all, folderName, ...options], sandbox);
      expect(stderr).toContain('using the layout stability-matrix');
      expect(stderr).toMatch(/^12 {2}already downloaded$/m);
    }
    expect(civitai.requestsTo('storage')).toEqual([]);
    expect(await sandbox.tree('app')).toEqual(before);
  });

  it('keeps settings, of commands that run at once, too', async () => {
    const names = ['one', 'two', 'three', 'four'];
    const add = (name: string) => run('civitconfig', ['alias', '-a', name, `/${name}`], sandbox);
    for (const ended of await Promise.all(names.map(add))) expectStatus(ended, 0);
    const { aliases } = JSON.parse(String(await sandbox.read('config/config.json')));
    expect(Object.keys(aliases).sort()).toEqual(names.map((name) => `@${name}`).sort());
  });
});
