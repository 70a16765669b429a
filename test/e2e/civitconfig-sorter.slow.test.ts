import { stat } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { run } from '../harness/command.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

const good = `
export const description = 'By creator';
export function sortModel(model, version, fileName, rootDir) {
  const folder = \`\${rootDir}/\${model.creator.username}\`;
  return { model: folder, metadata: folder, images: folder, prompts: folder };
}
`;

const builtIn = [
  'auto',
  'basic',
  'tags',
  'comfyui',
  'a1111',
  'forge',
  'forge-neo',
  'sdnext',
  'swarmui',
  'stability-matrix',
  'fooocus',
];

const civitconfig = (...args: readonly string[]) => runInProcess(args, sandbox, { command: 'civitconfig' });
const sorter = (...args: readonly string[]) => civitconfig('sorter', ...args);
const setDefault = (...args: readonly string[]) => civitconfig('default', ...args);
const names = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ')[0]);
const config = async () =>
  JSON.parse((await sandbox.read('config/config.json')).toString()) as Record<string, unknown>;

describe('civitconfig sorter', () => {
  it('lists the built-in sorters with what they do, and which is the default', async () => {
    const { status, stdout, stderr } = await sorter();
    expect(status).toBe(0);
    expect(names(stdout)).toEqual(builtIn);
    expect(stdout).toMatch(/^basic +a folder per model$/m);
    expect(stdout).toMatch(/^auto +the folders of the application .* \(default\)$/m);
    expect(stdout).toMatch(
      /^comfyui +the folders that ComfyUI loads from; the root directory is the ComfyUI folder$/m,
    );
    expect(stderr).toBe('');
    await expect(stat(sandbox.config)).rejects.toThrow('ENOENT');
  });

  it('names a default that is a path or a template', async () => {
    await setDefault('-s', '{type}/{modelName}');
    expect((await sorter()).stdout).toMatch(/\n\{type\}\/\{modelName\} \(default\)\n$/);
  });

  it.each<readonly [what: string, sorters: unknown]>([
    ['a file elsewhere', { mine: { file: '../x.mjs' } }],
    ['no file and no template', { mine: { description: 'x' } }],
    ['both', { mine: { file: 'x.mjs', template: '{type}' } }],
    ['a list', []],
  ])('names file and field of a configuration that has for a sorter %s', async (_what, sorters) => {
    await sandbox.write('config/config.json', JSON.stringify({ version: 1, sorters }));
    const { status, stderr } = await sorter();
    expect(stderr).toContain(`The configuration ${sandbox.config} has an invalid value: sorters`);
    expect(status).toBe(1);
  });

  it('shows no control characters', async () => {
    await sandbox.write(
      'config/config.json',
      JSON.stringify({ version: 1, sorters: { mine: { file: 'x.mjs', description: 'a\u001b[2Jb' } } }),
    );
    expect((await sorter()).stdout).toMatch(/^mine +a \[2Jb$/m);
  });
});

describe('civitconfig sorter --add', () => {
  it.each(['-a', '--add'])(
    '%s copies a file for its owner alone and lists it with its description',
    async (flag) => {
      const path = await sandbox.write('by-creator.mjs', good);
      const { status, stdout, stderr } = await sorter(flag, 'mine', './by-creator.mjs');
      expect(stderr).toBe('');
      expect(status).toBe(0);
      expect(names(stdout)).toEqual([...builtIn, 'mine']);
      expect(stdout).toMatch(/^mine +By creator$/m);
      expect(await sandbox.tree('config')).toEqual(['config.json', 'sorters/mine.mjs']);
      expect((await sandbox.read('config/sorters/mine.mjs')).toString()).toBe(good);
      expect((await stat(sandbox.path('config/sorters/mine.mjs'))).mode & 0o777).toBe(0o600);
      expect((await sandbox.read('by-creator.mjs')).toString()).toBe(good);
      expect(path).toBe(sandbox.path('by-creator.mjs'));
      expect(await config()).toMatchObject({
        sorters: { mine: { file: 'mine.mjs', description: 'By creator' } },
      });
    },
  );

  it('adds a template', async () => {
    const { status, stdout } = await sorter('-a', 'by-type', '{type}/{modelName}');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^by-type +the template \{type\}\/\{modelName\}$/m);
    expect(await sandbox.tree('config')).toEqual(['config.json']);
  });

  it('keeps what was added and set before', async () => {
    await setDefault('-i', '7');
    await sorter('-a', 'one', '{type}');
    await setDefault('--no-with-prompt');
    await sorter('-a', 'two', '{creator}');
    expect(await config()).toEqual({
      version: 2,
      defaults: { maxImages: 7, withPrompt: false },
      aliases: {},
      sorters: { one: { template: '{type}' }, two: { template: '{creator}' } },
    });
  });

  it('loses nothing of what comes at once', async () => {
    await sandbox.write('x.mjs', good);
    const added = ['one', 'two', 'three', 'four'];
    const statuses = await Promise.all(
      added.map(async (name) => (await sorter('-a', name, name === 'one' ? '{type}' : './x.mjs')).status),
    );
    expect(statuses).toEqual([0, 0, 0, 0]);
    expect(names((await sorter()).stdout).sort()).toEqual([...builtIn, ...added].sort());
    expect(await sandbox.tree('config/sorters')).toEqual(['four.mjs', 'three.mjs', 'two.mjs']);
  });

  it('is told to a program, too', async () => {
    const { stdout } = await sorter('--json', '-a', 'by-type', '{type}');
    const listed = JSON.parse(stdout);
    expect(listed[0]).toMatchObject({ name: 'auto', kind: 'built-in', isDefault: true });
    expect(listed.at(-1)).toEqual({
      name: 'by-type',
      kind: 'template',
      description: 'the template {type}',
      isDefault: false,
    });
    const wrong = await sorter('-d', 'yours', '--json');
    expect(JSON.parse(wrong.stdout)).toMatchObject({ type: 'error', error: { code: 'usage' } });
  });

  it('takes a file that is called .js, or that lies in the home folder', async () => {
    await sandbox.write('home/x.js', good);
    expect((await sorter('-a', 'mine', '~/x.js')).status).toBe(0);
    expect(await sandbox.tree('config/sorters')).toEqual(['mine.mjs']);
  });

  it.each([...builtIn, 'Tags'])('does not give the reserved name %s away', async (name) => {
    const { status, stderr } = await sorter('-a', name, '{type}');
    expect(stderr).toContain(`The name '${name}' is reserved for a built-in sorter.`);
    expect(status).toBe(2);
  });

  it.each([
    ['a name with a slash', ['-a', 'a/b', '{type}'], "'a/b' is not a valid sorter name."],
    ['no path', ['-a', 'mine'], "The path or template of sorter 'mine' is missing. To add a sorter, run:"],
    ['no name', ['./x.mjs'], "Unexpected argument './x.mjs'. To add a sorter, run:"],
    ['nothing at all', ['-a'], 'argument missing'],
    ['an unknown field', ['-a', 'mine', '{nope}'], 'unknown field {nope}'],
    ['a file that is not there', ['-a', 'mine', './none.mjs'], 'none.mjs was not found.'],
    ['a word', ['-a', 'mine', 'tags'], '/tags was not found.'],
    ['a Python sorter', ['-a', 'mine', './sort.py'], 'doc/sorter.md shows how to convert it'],
    ['two wishes at once', ['-a', 'mine', '{type}', '-d', 'mine'], 'cannot be used with'],
    ['too much', ['-a', 'mine', '{type}', 'more'], 'too many arguments'],
  ])('refuses %s', async (_what, args, says) => {
    const { status, stdout, stderr } = await sorter(...args);
    expect(stderr).toContain(says);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(await sandbox.tree('config')).toEqual([]);
  });

  it('refuses a second sorter of one name', async () => {
    await sorter('-a', 'mine', '{type}');
    const { status, stderr } = await sorter('-a', 'MINE', '{creator}');
    expect(stderr).toContain(
      "The sorter 'mine' already exists. Delete it first with 'civitconfig sorter -d mine'.",
    );
    expect(status).toBe(2);
    expect(await config()).toMatchObject({ sorters: { mine: { template: '{type}' } } });
  });

  it.each([
    ['no JavaScript', 'def sort_model(model):', 'The sorter ./x.mjs failed: '],
    ['one that returns nothing', 'export function sortModel() {}', "did not return a string for 'model'"],
    [
      'one that leads out of the root directory',
      "export const sortModel = () => ['../x', '', '', '']",
      'which is outside',
    ],
    [
      'one that needs a file beside it',
      "import '../cli/other.mjs'; export const sortModel = () => ['', '', '', '']",
      'only a single file can be added',
    ],
    [
      'one that needs a package',
      "import 'left-pad'; export const sortModel = 1",
      'only a single file can be added',
    ],
  ])('tries a file with an example, and stores nothing of %s', async (_what, source, says) => {
    await sandbox.write('other.mjs', '');
    await sandbox.write('x.mjs', source);
    const { status, stderr } = await sorter('-a', 'mine', './x.mjs');
    expect(stderr).toContain(says);
    expect(stderr).toContain('doc/sorter.md');
    expect(status).toBe(1);
    expect(await sandbox.tree('config')).toEqual([]);
  });
});

describe('civitconfig sorter --delete', () => {
  it.each(['-d', '--delete'])('%s forgets a sorter and removes the copy of its file', async (flag) => {
    await sandbox.write('x.mjs', good);
    await sorter('-a', 'mine', './x.mjs');
    await sorter('-a', 'other', '{type}');
    const { status, stdout, stderr } = await sorter(flag, 'mine');
    expect(status).toBe(0);
    expect(names(stdout)).toEqual([...builtIn, 'other']);
    expect(stderr).toBe('');
    expect(await sandbox.tree('config')).toEqual(['config.json']);
    expect(await sandbox.tree('.')).toContain('x.mjs');
  });

  it('sets basic when it was the default', async () => {
    await sorter('-a', 'mine', '{type}');
    await setDefault('-s', 'mine', '-i', '5');
    const { stdout, stderr } = await sorter('-d', 'mine');
    expect(stderr).toBe('The default sorter is now basic.\n');
    expect(stdout).toMatch(/^basic .*\(default\)$/m);
    expect((await setDefault()).stdout).toMatch(/^sorter +basic\nmax-images +5$/m);
  });

  it('leaves a file of the same name that belongs to another sorter alone', async () => {
    const sorters = { other: { file: 'mine.mjs' } };
    await sandbox.write('config/config.json', JSON.stringify({ version: 1, sorters }));
    await sandbox.write('config/sorters/mine.mjs', 'of the other');
    await sandbox.write('x.mjs', good);
    expect((await sorter('-a', 'mine', './x.mjs')).status).toBe(0);
    expect((await sandbox.read('config/sorters/mine.mjs')).toString()).toBe('of the other');
    await sorter('-d', 'mine');
    expect(await sandbox.tree('config/sorters')).toEqual(['mine.mjs']);
  });

  it('leaves another default alone', async () => {
    await sorter('-a', 'mine', '{type}');
    await setDefault('-s', 'tags');
    await sorter('-d', 'mine');
    expect((await setDefault()).stdout).toMatch(/^sorter +tags$/m);
  });

  it('forgets a sorter whose file is gone', async () => {
    await sandbox.write(
      'config/config.json',
      JSON.stringify({ version: 1, sorters: { mine: { file: 'x.mjs' } } }),
    );
    expect((await sorter('-d', 'mine')).status).toBe(0);
    expect(await config()).toMatchObject({ sorters: {} });
  });

  it.each([
    ['tags', "Cannot delete sorter 'tags': it is built in."],
    ['min', "Sorter 'min' not found. Did you mean 'mine'?"],
    ['constructor', "Sorter 'constructor' not found. To list all sorters, run: civitconfig sorter"],
    ['../x', "Sorter '../x' not found. To list all sorters, run: civitconfig sorter"],
  ])('refuses %s', async (name, says) => {
    await sorter('-a', 'mine', '{type}');
    const { status, stderr } = await sorter('-d', name);
    expect(stderr).toBe(`${says}\n`);
    expect(status).toBe(2);
  });
});

describe('civitconfig default --sorter', () => {
  it.each([
    ['a name', 'tags', 'tags'],
    ['a template', '{type}/{modelName}', '{type}/{modelName}'],
  ])('stores %s', async (_what, given, stored) => {
    const { status, stdout } = await setDefault('-s', given);
    expect(status).toBe(0);
    expect(stdout.split('\n')[0]).toBe(`sorter           ${stored}`);
    expect(await config()).toMatchObject({ defaults: { sorter: stored } });
  });

  it('stores a path so that it holds from any folder', async () => {
    const path = await sandbox.write('sub/x.mjs', good);
    await setDefault('-s', './sub/x.mjs');
    expect(await config()).toMatchObject({ defaults: { sorter: path } });
  });

  it.each([
    ['tagz', 2, "Did you mean 'tags'?"],
    ['./none.mjs', 2, '/none.mjs was not found.'],
    ['{nope}', 2, 'unknown field {nope}'],
    ['./broken.mjs', 1, "it does not export a function 'sortModel'"],
  ])('stores nothing of %s', async (given, expected, says) => {
    await sandbox.write('broken.mjs', '');
    const { status, stderr } = await setDefault('-s', given);
    expect(stderr).toContain(says);
    expect(status).toBe(expected);
    expect(await sandbox.tree('config')).toEqual([]);
  });

  it('is what civitdl uses, unless another one is asked for', async () => {
    await sorter('-a', 'mine', '{creator}');
    await setDefault('-s', 'mine');
    await sorter('-d', 'mine');
    await sandbox.write('config/config.json', JSON.stringify({ version: 1, defaults: { sorter: 'mine' } }));
    const download = async (...args: readonly string[]) =>
      (await runInProcess(['66', 'models', ...args], sandbox)).stderr;
    expect(await download()).toContain("Unknown sorter 'mine'.");
    expect(await download('-s', 'yours')).toContain("Unknown sorter 'yours'.");
  });
});

it('adds, chooses and deletes a sorter from a shell', async () => {
  await sandbox.write('by-creator.mjs', good);
  const commands = [
    ['sorter', '--add', 'mine', './by-creator.mjs'],
    ['default', '--sorter', 'mine'],
    ['sorter', '--delete', 'mine'],
  ];
  const ended = [];
  for (const args of commands) ended.push(await run('civitconfig', args, sandbox));
  expect(ended.map(({ status }) => status)).toEqual([0, 0, 0]);
  expect(ended[0]?.stdout).toMatch(/^mine +By creator$/m);
  expect(ended[1]?.stdout).toMatch(/^sorter +mine$/m);
  expect(ended[2]?.stderr).toBe('The default sorter is now basic.\n');
});
