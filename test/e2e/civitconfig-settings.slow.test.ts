import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import { describe, expect } from 'vitest';
import { packArchive } from '../../src/config/archive.js';
import { type CommandOptions, run } from '../harness/command.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';
import { otherUser, sharedFolder } from '../harness/other-user.js';
import { open } from '../harness/terminal.js';

const shell = promisify(execFile);
const key = '0123456789abcdef0123456789abcdef';

const settings = (args: readonly string[] = [], options: CommandOptions = {}) =>
  run('civitconfig', ['settings', ...args], sandbox, options);
const inProcess = (args: readonly string[], input = '') =>
  runInProcess(['settings', ...args], sandbox, { command: 'civitconfig', input });
const ours = {
  version: 2,
  apiKey: key,
  defaults: { maxImages: 7 },
  aliases: { '@models': '/models' },
  sorters: { mine: { file: 'mine.mjs', description: 'mine' }, short: { template: '{type}' } },
};
async function keep(config: object = ours): Promise<void> {
  await sandbox.write('config/config.json', JSON.stringify(config));
  await sandbox.write('config/sorters/mine.mjs', 'export const sortModel = 1;\n');
}
const stored = async () => JSON.parse(await readFile(sandbox.config, 'utf8'));

describe('civitconfig settings', () => {
  it('says where everything is', async () => {
    const places = {
      config: sandbox.config,
      sorters: sandbox.path('config', 'sorters'),
      trash: sandbox.path('config', 'trash'),
    };
    const { status, stdout } = await settings();
    expect(status).toBe(0);
    for (const [name, path] of Object.entries(places))
      expect(stdout).toMatch(new RegExp(`^${name} +${path}$`, 'm'));
    expect(JSON.parse((await inProcess(['--json'])).stdout)).toEqual(places);
    expect(await sandbox.tree('config')).toEqual([]);
  });

  it.each<readonly [what: string, args: readonly string[], says: RegExp]>([
    ['the key of no zip file', ['--with-key'], /^--with-key can only be used with --download\.\n$/],
    ['an answer to no question', ['-y'], /^--yes can only be used with --reset, --download or --import\.\n$/],
    ['two things at once', ['-r', '-d', 'x'], /cannot be used with option/],
    ['two other things at once', ['-r', '--import', 'x'], /cannot be used with option/],
    ['two more things at once', ['-d', 'x', '--import', 'x'], /cannot be used with option/],
    ['an export and a reset', ['--export', 'x', '-r'], /cannot be used with option/],
    ['an export and an import', ['--export', 'x', '--import', 'x'], /cannot be used with option/],
    ['an argument', ['x'], /too many arguments/],
    ['an unknown option', ['--resett'], /\(Did you mean --reset\?\)/],
  ])('refuses %s', async (_what, args, says) => {
    await keep();
    const { status, stderr } = await inProcess(args);
    expect(stderr).toMatch(says);
    expect(status).toBe(2);
    expect(await stored()).toEqual(ours);
  });
});

describe('civitconfig settings --reset', () => {
  it('asks, and moves everything into the trash folder, which it names', async () => {
    await keep();
    const terminal = open('civitconfig', ['settings', '-r'], sandbox);
    await terminal.shows('[y/N]');
    terminal.type('y\r');
    expect(await terminal.ended).toBe(0);
    const [, folder = ''] = /are in (\S+)/.exec(terminal.output) ?? [];
    expect(folder).toMatch(new RegExp(`^${sandbox.path('config/trash')}/\\d{4}-\\d\\d-\\d\\dT[\\d.-]+Z$`));
    expect(await readFile(`${folder}/config.json`, 'utf8')).toBe(JSON.stringify(ours));
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(await sandbox.tree('config')).toEqual([
      expect.stringMatching(/^trash\/.+\/config\.json$/),
      expect.stringMatching(/^trash\/.+\/sorters\/mine\.mjs$/),
    ]);
    const defaults = await run('civitconfig', ['default', '--json'], sandbox);
    expect(JSON.parse(defaults.stdout)).toMatchObject({ stored: [], apiKey: { isSet: false } });
  });

  it('is the way out of a broken configuration, and loses none of it', async () => {
    for (const text of ['{"version": 2, ', '{"version": 99}', '{"version": "1", "default": {}}']) {
      await sandbox.write('config/config.json', text);
      const { status, stdout } = await inProcess(['--reset', '--yes', '--json']);
      expect(status).toBe(0);
      const { trash } = JSON.parse(stdout);
      expect(await readFile(`${trash}/config.json`, 'utf8')).toBe(text);
    }
    expect(await sandbox.tree('config')).toHaveLength(3);
  });

  it('has nothing to do where nothing is', async () => {
    expect(await inProcess(['-r', '-y'])).toMatchObject({
      status: 0,
      stdout: 'All settings were reset.\nThere were no settings to move to the trash folder.\n',
    });
    expect(JSON.parse((await inProcess(['-r', '-y', '--json'])).stdout)).toEqual({ trash: null });
    expect(await sandbox.tree('config')).toEqual([]);
  });

  it.each(['n\n', 'yes please\n'])('is not done after the answer %j', async (input) => {
    await keep();
    const { status, stderr } = await inProcess(['-r'], input);
    expect(status).toBe(1);
    expect(stderr).toContain('Nothing was changed.');
    expect(await stored()).toEqual(ours);
  });

  it.each(['', '\n', ' \n'])('is not done where nobody answers: %j', async (input) => {
    await keep();
    const { status, stderr } = await settings(['-r'], { input });
    expect(status).toBe(2);
    expect(stderr).toContain('Cannot ask for confirmation: standard input is empty. Pass --yes to confirm.');
    expect(await stored()).toEqual(ours);
  });

  it('is not done after Ctrl-C', async () => {
    await keep();
    const terminal = open('civitconfig', ['settings', '-r'], sandbox);
    await terminal.shows('[y/N]');
    terminal.type('\x03');
    expect(await terminal.ended).toBe(130);
    expect(await stored()).toEqual(ours);
  });
});

describe('civitconfig settings --download', () => {
  const contentOf = async (path: string, name: string) =>
    (await shell('unzip', ['-p', path, name], { encoding: 'utf8' })).stdout;

  it('saves everything but the key in a zip file that others can read', async () => {
    await keep();
    await mkdir(sandbox.path('config/trash'));
    const { status, stdout } = await settings(['-d', './saved.zip']);
    const path = sandbox.path('saved.zip');
    expect(status).toBe(0);
    expect(stdout).toBe(`${path}\nThe file does not contain the API key. Pass --with-key to include it.\n`);
    expect((await shell('unzip', ['-t', path])).stdout).toContain('No errors detected');
    expect(JSON.parse(await contentOf(path, 'config.json'))).toEqual({ ...ours, apiKey: undefined });
    expect(await contentOf(path, 'sorters/mine.mjs')).toBe('export const sortModel = 1;\n');
    expect((await readFile(path)).includes(key)).toBe(false);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('puts the key in where that is asked for, and says so', async () => {
    await keep();
    const { stdout } = await inProcess(['--with-key', '--download', './saved.zip', '--json']);
    expect(JSON.parse(stdout)).toEqual({ path: sandbox.path('saved.zip'), hasKey: true });
    expect(JSON.parse(await contentOf(sandbox.path('saved.zip'), 'config.json')).apiKey).toBe(key);
    expect((await inProcess(['-d', 'other.zip', '--with-key'])).stdout).toContain(
      'The file contains the API key: do not share it.',
    );
  });

  it.each([
    ['a folder', 'folder', 'folder/civitdl-config.zip'],
    ['no extension', 'saved', 'saved.zip'],
    ['a folder to be made', 'new/saved.ZIP', 'new/saved.ZIP'],
    ['the home folder', '~/saved.zip', 'home/saved.zip'],
  ])('takes a path with %s', async (_what, typed, path) => {
    await mkdir(sandbox.path('folder'));
    expect((await inProcess(['-d', typed])).stdout).toBe(`${sandbox.path(path)}\n`);
    expect((await stat(sandbox.path(path))).isFile()).toBe(true);
  });

  it('is called --export as well', async () => {
    await keep();
    const { stdout } = await inProcess(['--export', 'saved.zip', '--with-key', '-y', '--json']);
    expect(JSON.parse(stdout)).toEqual({ path: sandbox.path('saved.zip'), hasKey: true });
    expect(JSON.parse(await contentOf(sandbox.path('saved.zip'), 'config.json')).apiKey).toBe(key);
  });

  it('replaces a file only when that is wanted', async () => {
    const path = await sandbox.write('saved.zip', 'something else');
    expect((await inProcess(['-d', path], 'n\n')).status).toBe(1);
    expect(await readFile(path, 'utf8')).toBe('something else');
    expect((await inProcess(['-d', path], 'y\n')).status).toBe(0);
    expect((await inProcess(['-d', path, '-y'])).status).toBe(0);
    expect((await readFile(path)).subarray(0, 2).toString()).toBe('PK');
  });

  it('fails where it can not write, and where something is broken or missing', async () => {
    await sandbox.write('file', '');
    expect(await inProcess(['-d', 'file/saved.zip'])).toMatchObject({ status: 1 });
    await sandbox.write('config/config.json', JSON.stringify(ours));
    const missing = await inProcess(['-d', 'saved.zip']);
    expect(missing).toMatchObject({ status: 1 });
    expect(missing.stderr).toContain(`Cannot read ${sandbox.path('config/sorters/mine.mjs')}`);
    await sandbox.write('config/config.json', '{');
    expect(await inProcess(['-d', 'saved.zip'])).toMatchObject({ status: 1 });
    expect(await sandbox.tree('.')).not.toContain('saved.zip');
  });
});

describe('civitconfig settings --import', () => {
  const python = {
    version: '1',
    default: {
      sorter: 'mine',
      max_images: 5,
      nsfw_mode: '2',
      api_key: key,
      with_prompt: false,
      without_model: false,
      retry_count: 0,
      pause_time: 1.5,
      model_overwrite: false,
      with_color: true,
      brightness: 7,
    },
    sorters: [
      ['basic', 'doc', 'basic'],
      ['mine', 'doc', '/x/mine.py'],
    ],
    aliases: [
      ['@example', '~/.models'],
      ['loras', '@example/loras'],
      ['deep', 'loras/x'],
      ['bad\\name', '/x'],
    ],
  };

  it('brings in what another machine has saved, after it has shown it', async () => {
    await keep();
    await inProcess(['-d', './saved.zip', '--with-key']);
    await inProcess(['-r', '-y']);
    await sandbox.write(
      'config/config.json',
      JSON.stringify({
        version: 2,
        defaults: { nsfwMode: 2 },
        aliases: { '@own': '/own', '@models': '/other' },
      }),
    );
    const terminal = open('civitconfig', ['settings', '--import', 'saved.zip'], sandbox);
    await terminal.shows('[y/N]');
    for (const change of [
      /max-images +3 → 7/,
      /alias @models +\/other → \/models/,
      /sorter mine +mine\.mjs \(new\)/,
      /sorter short +\{type\} \(new\)/,
      /api-key +not set → set, ends with cdef/,
    ])
      expect(terminal.output).toMatch(change);
    expect(terminal.output).not.toContain(key);
    expect(terminal.output).not.toMatch(/nsfw|@own/);
    terminal.type('y\r');
    expect(await terminal.ended).toBe(0);
    expect(await stored()).toEqual({
      ...ours,
      defaults: { nsfwMode: 2, maxImages: 7 },
      aliases: { '@own': '/own', '@models': '/models' },
    });
    expect(await sandbox.tree('config')).toContain('sorters/mine.mjs');
    expect(terminal.output).toMatch(/The previous settings are in \S+/);
    const again = await inProcess(['--import', 'saved.zip']);
    expect(again).toMatchObject({ status: 0, stdout: 'No changes.\n', stderr: '' });
  });

  it("brings in the Python tool's settings, and names what it can't", async () => {
    await sandbox.write('python/config.json', JSON.stringify(python));
    await sandbox.write('python/sorters/x.py', 'pass');
    const { status, stdout, stderr } = await settings(['--import', './python', '-y']);
    expect(status).toBe(0);
    expect(stdout + stderr).not.toContain(key);
    for (const line of [
      'the default brightness is skipped: unknown option',
      'the alias loras is renamed to @loras',
      'the alias bad\\name is skipped: its name or path is not allowed here',
      'the sorter mine is skipped: it is written in Python',
      'the default sorter is kept: mine is written in Python',
    ])
      expect(stdout).toContain(`${line}\n`);
    expect(await stored()).toEqual({
      version: 2,
      apiKey: key,
      defaults: { maxImages: 5, nsfwMode: 2, withPrompt: false, retryCount: 0, pauseTime: 1.5 },
      aliases: { '@example': sandbox.path('home/.models'), '@loras': '@example/loras', '@deep': '@loras/x' },
      sorters: {},
    });
    expect((await stat(sandbox.config)).mode & 0o777).toBe(0o600);
    expect(await sandbox.tree('config')).toEqual(['config.json']);
  });

  it.each(['config.json', 'zip'])("takes the Python tool's settings as %s, too", async (form) => {
    const content = Buffer.from(JSON.stringify(python));
    const files = new Map([
      ['config.json', content],
      ['sorters/.trash/old.py', content],
      ['.trash/old.json', content],
    ]);
    await sandbox.write('theirs', form === 'zip' ? await packArchive(files, Date.now()) : content);
    const { status, stdout } = await inProcess(['--import', 'theirs', '-y', '--json']);
    expect(status).toBe(0);
    const { changes, notes, trash } = JSON.parse(stdout);
    expect(changes).toContainEqual({ what: 'max-images', from: '3', to: '5' });
    expect(changes).toContainEqual({ what: 'alias @deep', from: null, to: '@loras/x' });
    expect(changes).toContainEqual({ what: 'api-key', from: 'not set', to: 'set, ends with cdef' });
    expect(notes).toContain('the sorter mine is skipped: it is written in Python');
    expect(trash).toBeNull();
  });

  it.each([
    ['basic', { sorter: 'basic' }],
    ['tags', { sorter: 'tags' }],
    ['/x/sort.py', {}],
  ])('has %s for a default sorter of the Python tool', async (sorter, defaults) => {
    await sandbox.write(
      'config.json',
      JSON.stringify({ ...python, default: { sorter, max_images: 5 }, aliases: [] }),
    );
    await inProcess(['--import', 'config.json', '-y']);
    expect((await stored()).defaults).toEqual({ maxImages: 5, ...defaults });
  });

  it("takes over where the Python tool's file is in the place of ours, and keeps it", async () => {
    const text = JSON.stringify({ ...python, default: {}, aliases: [], sorters: [] });
    await sandbox.write('config/config.json', text);
    const refused = await runInProcess(['default', '-i', '3'], sandbox, { command: 'civitconfig' });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('belongs to the Python civitdl');
    expect(refused.stderr).toContain("'civitconfig settings --import'");
    const { status, stdout, stderr } = await inProcess(['--import', './config', '--json'], 'y\n');
    expect(status).toBe(0);
    expect(stderr).toContain('It is moved to the trash folder');
    const { trash } = JSON.parse(stdout);
    expect(await readFile(`${trash}/config.json`, 'utf8')).toBe(text);
    expect(await stored()).toEqual({ version: 2, defaults: {}, aliases: {}, sorters: {} });
  });

  it('changes nothing after a no', async () => {
    await sandbox.write('config.json', JSON.stringify(ours));
    const { status, stderr } = await inProcess(['--import', 'config.json'], 'n\n');
    expect(status).toBe(1);
    expect(stderr).toContain('Nothing was changed.');
    expect(await sandbox.tree('config')).toEqual([]);
  });

  it('leaves out aliases that would lead nowhere or in a circle, and sorters without their files', async () => {
    await keep({ version: 2, aliases: { '@b': '@c', '@c': '/c' } });
    const aliases = { '@c': '@b', '@d': '@none/x', '@e': '@b/e' };
    const defaults = { maxImages: 7, sorter: 'mine' };
    await sandbox.write('config.json', JSON.stringify({ ...ours, aliases, defaults, apiKey: undefined }));
    const { stdout } = await inProcess(['--import', 'config.json', '-y']);
    expect(stdout).toContain('the alias @c is skipped: The alias @c refers to itself');
    expect(stdout).toContain('the alias @d is skipped: The alias @d refers to @none, which does not exist');
    expect(stdout).toContain('the sorter mine is skipped: its file is missing');
    expect((await stored()).aliases).toMatchObject({ '@b': '@c', '@c': '/c' });
    expect(Object.keys((await stored()).sorters)).toEqual(['short']);
    expect((await stored()).defaults).toEqual({ maxImages: 7 });
  });

  it("does not put a sorter's file in the place of another one", async () => {
    await keep();
    const other = { ...ours, sorters: { constructor: { template: 'x' }, other: { file: 'mine.mjs' } } };
    await sandbox.write('theirs/config.json', JSON.stringify(other));
    await sandbox.write('theirs/sorters/mine.mjs', 'another\n');
    const { stdout } = await inProcess(['--import', 'theirs', '-y']);
    expect(stdout).toMatch(/sorter constructor +x \(new\)/);
    expect((await stored()).sorters.other).toEqual({ file: 'mine-2.mjs' });
    expect(await readFile(sandbox.path('config/sorters/mine.mjs'), 'utf8')).toContain('sortModel');
    expect(await readFile(sandbox.path('config/sorters/mine-2.mjs'), 'utf8')).toBe('another\n');
  });

  it.each<readonly [what: string, content: () => Promise<Uint8Array | string>, says: RegExp]>([
    ['no zip file', async () => 'PK and no more', /The zip file .* is damaged\./],
    [
      'a zip file of something else',
      () => packArchive(new Map([['readme.txt', Buffer.from('x')]]), 0),
      / does not contain settings of civitdl: config\.json is missing\./,
    ],
    [
      'a file that is far too large',
      () => packArchive(new Map([['config.json', new Uint8Array(2_000_000)]]), Date.now()),
      /is too large to contain settings of civitdl\./,
    ],
    ['broken JSON', async () => `{"apiKey": "${key}`, /is not valid JSON/],
    [
      'a wrong value',
      async () => '{"version": 2, "defaults": {"maxImages": -1}}',
      /defaults\.maxImages: must be/,
    ],
    ['a newer version', async () => '{"version": 3}', /written by a newer civitdl/],
    [
      'a broken one of the Python tool',
      async () => '{"default": {}, "aliases": [["@a"]]}',
      / of the Python civitdl is not valid at aliases/,
    ],
  ])('refuses %s', async (_what, content, says) => {
    await sandbox.write('theirs', await content());
    const { status, stdout, stderr } = await inProcess(['--import', 'theirs', '-y']);
    expect(stderr).toMatch(says);
    expect(stderr).not.toContain(key);
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(await sandbox.tree('config')).toEqual([]);
  });

  it('refuses what is not there, and leaves a broken configuration alone', async () => {
    expect((await inProcess(['--import', 'none', '-y'])).stderr).toContain(
      `Cannot read ${sandbox.path('none')}`,
    );
    await sandbox.write('config.json', JSON.stringify(ours));
    await sandbox.write('config/config.json', '{');
    expect(await inProcess(['--import', 'config.json', '-y'])).toMatchObject({ status: 1 });
    expect(await readFile(sandbox.config, 'utf8')).toBe('{');
  });

  it('reads no file that a zip file or a folder has elsewhere', async () => {
    const evil = new Map([
      ['config.json', Buffer.from(JSON.stringify({ ...ours, sorters: {} }))],
      ['../outside.txt', Buffer.from('x')],
      ['sorters/../../outside.txt', Buffer.from('x')],
    ]);
    await writeFile(sandbox.path('evil.zip'), await packArchive(evil, Date.now()));
    expect(await inProcess(['--import', 'evil.zip', '-y'])).toMatchObject({ status: 0 });
    expect(await sandbox.tree('.')).not.toContain('outside.txt');
  });
});

describe('a configuration that cannot be written', () => {
  it.override('sandboxParent', sharedFolder);

  it('because its folder is a file is told', async () => {
    await sandbox.write('config', 'no folder');
    const ended = await run('civitconfig', ['default', '-i', '3'], sandbox);
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(ended.stderr).toContain(`Cannot read ${sandbox.config}: a part of the path is not a folder.`);
    expect(await readFile(sandbox.path('config'), 'utf8')).toBe('no folder');
  });

  it('because its folder is read-only is told, and stays as it was', async ({ skip }) => {
    await keep();
    for (const folder of [sandbox.dir, sandbox.path('config')]) await chmod(folder, 0o555);
    await chmod(sandbox.config, 0o644);
    const ended = await run('civitconfig', ['default', '-i', '3'], sandbox, otherUser(skip));
    await chmod(sandbox.dir, 0o755);
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(ended.stderr).toContain(`Cannot create ${sandbox.config}.lock: permission denied.`);
    expect(await stored()).toEqual(ours);
  });

  it('because another process holds it is waited for, and one that has ended is not', async () => {
    await keep();
    const holder = { pid: 4_000_000, host: hostname(), token: 'x' };
    await sandbox.write('config/config.json.lock', JSON.stringify(holder));
    const ended = await run('civitconfig', ['default', '-i', '3'], sandbox);
    expect(ended.status).toBe(0);
    expect(await sandbox.tree('config')).toEqual(['config.json', 'sorters/mine.mjs']);
  });
});
