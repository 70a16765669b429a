import { expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { type Ended, run } from '../harness/command.js';
import { civitai, sandbox } from '../harness/fixture.js';
import { describeUnderWine, it } from '../harness/wine.js';

const anything = String(ids.anything.model);
const name = 'anythingV3_fp16-mid_66-vid_75.ckpt';
const target = `anythingV3_fp16/${name}`;
const config = 'home/AppData/Roaming/civitdl/Config';

const sorter = `
  import { join } from 'node:path';
  export const description = 'by type';
  export function sortModel(model, version, fileName, rootDir) {
    const folder = join(rootDir, model.type);
    return { model: folder, metadata: folder + '/meta', images: folder + '/images', prompts: 'prompts' };
  }`;

function expectStatus(ended: Ended, status: number): void {
  expect(ended, ended.stderr).toMatchObject({ status });
}

const stored = async () => JSON.parse(String(await sandbox.read(`${config}/config.json`)));
const modelFiles = async (folder: string) =>
  (await sandbox.tree(folder)).filter((path) => /\.(ckpt|safetensors)$/.test(path));

describeUnderWine('civitconfig on Windows', () => {
  it('stores everything in the folders of Windows', async ({ windows }) => {
    const { stdout } = await windows.run('civitconfig', ['settings', '--json']);
    const folder = windows.path('home', 'AppData', 'Roaming', 'civitdl', 'Config');
    expect(JSON.parse(stdout)).toEqual({
      config: `${folder}\\config.json`,
      sorters: `${folder}\\sorters`,
      trash: `${folder}\\trash`,
    });
    expectStatus(await windows.run('civitdl', [anything, 'models', '-i', '0']), 0);
    const cache = await windows.run('civitconfig', ['cache']);
    expect(cache.stdout).toContain(windows.path('models', 'anythingV3_fp16', name));
    expect(cache.stdout).toContain(windows.path('home', 'AppData', 'Local', 'civitdl', 'Cache'));
  });

  it('takes a key in a console and from a pipe, and asks before a reset', async ({ windows }) => {
    const console = windows.open('civitconfig', ['default', '-k']);
    await console.shows('Civitai API key:');
    console.type(`${civitai.goodKey}\r`);
    expect(await console.ended).toBe(0);
    expect(console.text).toContain('The API key belongs to example_user.');
    expect(console.output).not.toContain(civitai.goodKey);
    expect((await stored()).apiKey).toBe(civitai.goodKey);

    const reset = windows.open('civitconfig', ['settings', '--reset']);
    await reset.shows('[y/N]');
    reset.type('y\r');
    expect(await reset.ended).toBe(0);
    expect(await sandbox.tree(config)).toEqual([expect.stringMatching(/^trash\/.+\/config\.json$/)]);

    const piped = await windows.pipe('civitconfig', ['default', '-k'], { input: `${civitai.goodKey}\r\n` });
    expectStatus(piped, 0);
    expect((await stored()).apiKey).toBe(civitai.goodKey);
  });

  it('is interrupted at a prompt by Ctrl-C', async ({ windows }) => {
    const console = windows.open('civitconfig', ['default', '-k']);
    await console.shows('Civitai API key:');
    console.type('abc\x03');
    expect(await console.ended).toBe(130);
    expect(console.text).toContain('Interrupted.');
    expect(await sandbox.tree(config)).toEqual([]);
  });

  it('loses no alias of commands that run at once', async ({ windows }) => {
    const names = ['one', 'two', 'three', 'four', 'five'];
    const add = (alias: string) => windows.run('civitconfig', ['alias', '-a', alias, `D:\\${alias}`]);
    for (const ended of await Promise.all(names.map(add))) expectStatus(ended, 0);
    const { aliases } = await stored();
    expect(aliases).toEqual(Object.fromEntries(names.map((alias) => [`@${alias}`, `D:\\${alias}`])));
  });

  it('uses aliases with the separators and the home folder of Windows', async ({ windows }) => {
    const add = (alias: string, path: string) => windows.run('civitconfig', ['alias', '-a', alias, path]);
    expectStatus(await add('models', '~\\models'), 0);
    expectStatus(await add('loras', '@models\\loras'), 0);
    expectStatus(await add('broken', 'C:\\my models" -j 2'), 2);
    expect((await stored()).aliases).toEqual({
      '@models': windows.path('home', 'models'),
      '@loras': '@models\\loras',
    });
    for (const root of ['@loras\\a', '@models/b', '~\\c'])
      expectStatus(await windows.run('civitdl', [anything, root, '-i', '0', '--without-model']), 0);
    const csv = `${target.replace('.ckpt', '.csv')}`;
    expect((await sandbox.tree('home')).filter((path) => path.endsWith('.csv'))).toEqual(
      ['c/', 'models/b/', 'models/loras/a/'].map((folder) => folder + csv),
    );
  });

  it('uses sorters and templates, and exports them to another system and back', async ({ windows }) => {
    await sandbox.write('my sorter.mjs', sorter);
    expectStatus(await windows.run('civitconfig', ['sorter', '-a', 'mine', '.\\my sorter.mjs']), 0);
    expectStatus(await windows.run('civitconfig', ['sorter', '-a', 'short', '{baseModel}\\{type}']), 0);
    expectStatus(await windows.run('civitdl', [anything, 'models', '-s', 'mine', '-i', '1']), 0);
    expect(await sandbox.tree()).toEqual(
      [
        `Checkpoint/${name}`,
        `Checkpoint/${name.replace('.ckpt', '.csv')}`,
        'Checkpoint/images/517.jpeg',
        'Checkpoint/meta/model_dict-mid_66-vid_75.json',
        'prompts/517-prompt.json',
      ].sort(),
    );
    expectStatus(await windows.run('civitdl', [anything, 'short', '-s', 'short', '-i', '0']), 0);
    expect(await modelFiles('short')).toEqual([`SD 1.5/Checkpoint/${name}`]);

    expectStatus(await windows.run('civitconfig', ['settings', '-d', '.\\out']), 0);
    expectStatus(await run('civitconfig', ['settings', '--import', 'out.zip', '-y'], sandbox), 0);
    expectStatus(await run('civitdl', [anything, 'host', '-s', 'mine', '-i', '1'], sandbox), 0);
    expect(await sandbox.tree('host')).toEqual(await sandbox.tree());
    expectStatus(await run('civitconfig', ['settings', '-d', 'back.zip'], sandbox), 0);
    expectStatus(await windows.run('civitconfig', ['settings', '--reset', '-y']), 0);
    expectStatus(await windows.run('civitconfig', ['settings', '--import', 'back.zip', '-y']), 0);
    const { stdout } = await windows.run('civitconfig', ['sorter']);
    expect(stdout).toMatch(/^mine +by type$/m);
    expect(stdout).toMatch(/^short +the template \{baseModel\}\\\{type\}$/m);
  });

  it('reads batch files of Windows, and prints a command to retry that its shell understands', async ({
    windows,
  }) => {
    // With a byte order mark, and with lines that end as on Windows.
    await sandbox.write('lists/first.txt', '\ufeff700001 # one\r\nmore lists\\second.txt\r\n300002\r\n');
    await sandbox.write('lists/more lists/second.txt', '700002\r\n');
    const root = windows.path('my models');
    const list = windows.path('lists', 'first.txt');
    const { status, stderr } = await windows.run('civitdl', [list, root, '-i', '0', '--pause-time', '0']);
    expect({ status, stderr }).toMatchObject({ status: 7 });
    expect(await modelFiles('my models')).toEqual([
      'Batch Model 1/batch_1-mid_700001-vid_710001.safetensors',
      'Batch Model 2/batch_2-mid_700002-vid_710002.safetensors',
    ]);
    const [, command = ''] = /^To retry what failed:\r?\n {2}(.+)$/m.exec(stderr) ?? [];
    expect(command).toBe(`civitdl 300002 "${root}" --max-images 0 --pause-time 0`);
    const retried = await windows.cmd(command);
    expect(retried.stderr).toContain(`  ${command}\n`);
    expect(retried.stderr).toContain('300002: File model_310002.safetensors');
  });

  it.for<[string, string]>([
    ['.\\models\\', 'models'],
    ['T:models', 'models'],
    ['sub/..\\models', 'models'],
    ['\\models', '..\\models'],
    ['~', 'home'],
  ])('takes %s as a root directory', async ([typed, folder], { windows }) => {
    const { stdout } = await windows.run('civitdl', [anything, typed, '--dry-run', '-i', '0', '--quiet']);
    expect(stdout).toContain(`  ${windows.path(folder)}\\anythingV3_fp16\\${name}\n`);
  });
});
