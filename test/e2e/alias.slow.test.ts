import { mkdir, readFile } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { type CommandOptions, run } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';
import { open } from '../harness/terminal.js';

const anything = String(ids.anything.model);
const file = 'anythingV3_fp16/anythingV3_fp16-mid_66-vid_75.ckpt';

const alias = (args: readonly string[] = [], options: CommandOptions = {}) =>
  run('civitconfig', ['alias', ...args], sandbox, options);
const add = (name: string, path: string) => alias(['-a', name, path]);
const download = (root: string) => runInProcess([anything, root, '-i', '0'], sandbox);
const keep = (aliases: Record<string, string>) =>
  sandbox.write('config/config.json', JSON.stringify({ version: 2, aliases }));
const stored = async () => JSON.parse(await readFile(sandbox.config, 'utf8')).aliases;

describe('civitconfig alias', () => {
  it('lists none at first, and makes no file for it', async () => {
    expect(await alias()).toMatchObject({
      status: 0,
      stdout: 'No aliases. To add one, run: civitconfig alias --add <name> <path>\n',
      stderr: '',
    });
    expect(await sandbox.tree('config')).toEqual([]);
  });

  it('adds, lists and deletes', async () => {
    const added = await add('@models', './models');
    expect(added).toMatchObject({ status: 0, stderr: '' });
    expect(added.stdout).toMatch(new RegExp(`^@models +${sandbox.path('models')}\n$`));
    const other = await alias(['--add', '@loras', '@models/loras']);
    expect(other.stdout).toMatch(new RegExp(`\n@loras +${sandbox.path('models/loras')} +@models/loras\n$`));
    expect(await stored()).toEqual({ '@models': sandbox.path('models'), '@loras': '@models/loras' });
    const removed = await alias(['--delete', '@loras']);
    expect(removed.stdout).toBe(added.stdout);
    expect(await stored()).toEqual({ '@models': sandbox.path('models') });
  });

  it('takes a name with or without its @, and ~ for the home folder', async () => {
    await add('models', '~/models');
    expect(await stored()).toEqual({ '@models': sandbox.path('home', 'models') });
    expect((await alias(['-d', 'models'])).status).toBe(0);
    expect(await stored()).toEqual({});
  });

  it('takes its options in any order, and those of all commands before or behind its name', async () => {
    const ways = [
      ['alias', '--json', sandbox.path('x'), '-a', '@x'],
      ['--json', '--verbose', 'alias', '--add=@x', sandbox.path('x')],
      ['alias', '--verbose', '-a', '@x', '--json', sandbox.path('x')],
    ];
    for (const args of ways) {
      const { status, stdout } = await run('civitconfig', args, sandbox);
      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toEqual([
        { name: '@x', path: sandbox.path('x'), target: sandbox.path('x') },
      ]);
    }
  });

  it('keeps all of twenty that come at once', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `@alias${index}`);
    const ended = await Promise.all(names.map((name) => add(name, `./${name.slice(1)}`)));
    expect(ended.map(({ status }) => status)).toEqual(names.map(() => 0));
    expect(Object.keys(await stored()).sort()).toEqual([...names].sort());
    expect(await sandbox.tree('config')).toEqual(['config.json']);
  }, 60_000);

  it.each<readonly [what: string, args: readonly string[], says: RegExp]>([
    ['a name with a slash', ['-a', '@a/b', 'x'], /^'@a\/b' is not a valid alias name\./],
    ['a name with a backslash', ['-a', '@a\\b', 'x'], /^'@a\\b' is not a valid alias name\./],
    ['no name', ['-a', '@', 'x'], /^'@' is not a valid alias name\./],
    ['a name that moves the cursor', ['-a', '@\u001b[2J', 'x'], /^'@ \[2J' is not a valid alias name\./],
    [
      'no path',
      ['-a', '@a'],
      /^The path of alias '@a' is missing\. To add it, run: civitconfig alias --add @a <path>/,
    ],
    ['an empty path', ['-a', '@a', ''], /^The path of the alias @a is missing/],
    [
      'a path alone',
      ['x'],
      /^Unexpected argument 'x'\. To add an alias, run: civitconfig alias --add <name> <path>/,
    ],
    ['two paths', ['-a', '@a', 'x', 'y'], /too many arguments/],
    [
      'a path that starts with no alias',
      ['-a', '@a', '@none/x'],
      /^@none is neither an alias nor a folder here\./,
    ],
    ['itself', ['-a', '@a', '@a/x'], /^The alias @a refers to itself: @a → @a\./],
    [
      'a name that is taken',
      ['-a', '@taken', 'x'],
      /^The alias @taken already exists\. It refers to \/taken\./,
    ],
    [
      'to delete one that is none',
      ['-d', '@none'],
      /^The alias @none does not exist\. Existing aliases: @taken\./,
    ],
    ['to add and to delete', ['-a', '@a', '-d', '@b', 'x'], /cannot be used with option/],
    ['an option that is none', ['--ad', '@a', 'x'], /unknown option '--ad'\n\(Did you mean --add\?\)/],
  ])('refuses %s', async (_what, args, says) => {
    await keep({ '@taken': '/taken' });
    const { status, stdout, stderr } = await runInProcess(['alias', ...args], sandbox, {
      command: 'civitconfig',
    });
    expect(stderr).toMatch(says);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(await stored()).toEqual({ '@taken': '/taken' });
  });

  it('takes the same alias twice', async () => {
    await keep({ '@a': '/a' });
    expect((await add('@a', '/a')).status).toBe(0);
  });

  it('finds a circle when an alias comes back, and tells what a deleted one was needed for', async () => {
    await keep({ '@a': '/a', '@b': '@a/b' });
    const deleted = await alias(['-d', '@a']);
    expect(deleted.status).toBe(0);
    expect(deleted.stderr).toBe('warning: @b cannot be used until @a is added again.\n');
    expect(deleted.stdout).toMatch(/^@b +@a\/b +The alias @b refers to @a, which does not exist\.\n$/);
    const again = await add('@a', '@b/x');
    expect(again).toMatchObject({ status: 2 });
    expect(again.stderr).toContain('The alias @a refers to itself: @a → @b → @a.');
  });

  it.each([
    ['uses it', '@a/loras', '@a', true],
    ['is it', '@a', 'a', true],
    ['uses it by way of others', '@c/x', '@a', true],
    ['uses another one', '@other', '@a', false],
    ['is a path', '/a/loras', '@a', false],
    ['leads in a circle', '@x/y', '@a', false],
  ])('warns if the stored root directory %s', async (_what, rootDir, name, isWarning) => {
    const aliases = { '@a': '/a', '@b': '@a/b', '@c': '@b', '@other': '/o', '@x': '@y', '@y': '@x' };
    await sandbox.write('config/config.json', JSON.stringify({ version: 2, rootDir, aliases }));
    const deleted = await runInProcess(['alias', '-d', name], sandbox, { command: 'civitconfig' });
    expect(deleted.status).toBe(0);
    const warning = `warning: The stored root directory ${rootDir} cannot be used until @a is added again. To store another one, run: civitconfig default --root-dir <path>\n`;
    expect(deleted.stderr).toBe(
      `warning: @b, @c cannot be used until @a is added again.\n${isWarning ? warning : ''}`,
    );
  });

  it('fits a narrow terminal', async () => {
    await keep({ '@models': `/${'long/'.repeat(12)}models` });
    const terminal = open('civitconfig', ['alias'], sandbox, { columns: 40 });
    expect(await terminal.ended).toBe(0);
    const lines = terminal.output.split('\r\n');
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(40);
  });

  it('tells a program what went wrong, too', async () => {
    const { status, stdout } = await alias(['-d', '@none', '--json']);
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      v: 1,
      type: 'error',
      error: { code: 'usage', message: 'The alias @none does not exist. No aliases exist.' },
    });
  });
});

describe('an alias as root directory', () => {
  it.each([
    ['alone', '@models', 'data'],
    ['with folders behind it', '@models/checkpoints/new', 'data/checkpoints/new'],
    ['of an alias', '@loras/new', 'data/loras/new'],
    ['with a step up behind it', '@loras/../x', 'data/x'],
  ])('%s', async (_what, root, folder) => {
    await keep({ '@models': sandbox.path('data'), '@loras': '@models/loras' });
    expect((await download(root)).status).toBe(0);
    expect(await sandbox.tree(folder)).toContain(file);
  });

  it('is stronger than a folder of the same name, which a dot makes a folder again', async () => {
    await mkdir(sandbox.path('@models'));
    await keep({ '@models': sandbox.path('data') });
    await download('./@models');
    await download('@models');
    expect(await sandbox.tree('@models')).toContain(file);
    expect(await sandbox.tree('data')).toContain(file);
  });

  it('may be a folder that only looks like one', async () => {
    await mkdir(sandbox.path('@plain'));
    expect((await download('@plain/x')).status).toBe(0);
    expect(await sandbox.tree('@plain/x')).toContain(file);
  });

  it('that is none stops the run, before anything is asked for', async () => {
    await keep({ '@models': sandbox.path('data') });
    const ended = await run('civitdl', [anything, '@model/x'], sandbox);
    expect(ended.status).toBe(2);
    expect(ended.stderr).toBe('@model is neither an alias nor a folder here. Existing aliases: @models.\n');
    expect(civitai.requests).toHaveLength(0);
  });

  it('that leads in a circle stops the run', async () => {
    await keep({ '@a': '@b/x', '@b': '@c', '@c': '@a' });
    const ended = await download('@b/y');
    expect(ended.status).toBe(2);
    expect(ended.stderr).toBe('The alias @b refers to itself: @b → @c → @a → @b.\n');
    expect((await alias()).status).toBe(0);
  });

  it('is not looked for anywhere else', async () => {
    await keep({ '@models': sandbox.path('data') });
    const { status, stderr } = await runInProcess(['@models', 'models'], sandbox);
    expect(status).not.toBe(0);
    expect(stderr).toContain('@models');
    expect(await sandbox.tree('data')).toEqual([]);
  });
});
