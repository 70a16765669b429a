import { describe, expect } from 'vitest';
import { settingNames } from '../../src/cli/program.js';
import { ids } from '../fake-civitai/catalog.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

const civitconfig = (...args: readonly string[]) => runInProcess(args, sandbox, { command: 'civitconfig' });
const anything = String(ids.anything.model);

describe('civitconfig get', () => {
  it.each(settingNames)('prints %s, as text and as JSON', async (name) => {
    const { status, stdout } = await civitconfig('get', name);
    expect(status).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    const all = (await civitconfig('default')).stdout.split('\n').map((line) => line.split(/ {2,}/));
    expect(all).toContainEqual([name, stdout.trimEnd()]);
    JSON.parse((await civitconfig('get', name, '--json')).stdout);
  });

  it.each([
    ['max-image', "There is no setting 'max-image'. Did you mean max-images?"],
    ['colour', "There is no setting 'colour'. Did you mean color?"],
    ['xyzzy', "There is no setting 'xyzzy'. Settings: sorter, max-images,"],
  ])('suggests a name for %s', async (name, message) => {
    const { status, stderr } = await civitconfig('get', name);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });

  it('shows of the key only its end', async () => {
    await runInProcess(['login'], sandbox, { command: 'civitconfig', input: civitai.goodKey });
    expect((await civitconfig('get', 'api-key')).stdout).toBe('set, ends with cdef\n');
    expect(JSON.parse((await civitconfig('get', 'api-key', '--json')).stdout)).toEqual({
      isSet: true,
      end: 'cdef',
    });
  });
});

describe('civitconfig set', () => {
  it.each([
    ['max-images', '7', '7'],
    ['max-images', 'off', '0'],
    ['nsfw-mode', '2', '2'],
    ['nsfw-mode', 'safe', '0'],
    ['nsfw', 'all', '2'],
    ['cache', 'off', '0'],
    ['cache-mode', 'on', '1'],
    ['strict', 'no', '0'],
    ['with-prompt', 'off', 'off'],
    ['all-files', 'true', 'on'],
    ['color', 'false', 'off'],
    ['limit-rate', '1.5M', '1.5M'],
    ['sorter', 'tags', 'tags'],
    ['proxy', 'none', 'none'],
    ['user-agent', 'curl/8.9.1', 'curl/8.9.1'],
  ])('%s to %s', async (name, value, shown) => {
    expect(await civitconfig('set', name, value)).toMatchObject({ status: 0, stdout: `${shown}\n` });
    expect((await civitconfig('get', name)).stdout).toBe(`${shown}\n`);
  });

  it.each([
    ['max-images', 'many', "'many' is not a whole number"],
    ['nsfw', 'some', "'some' is not a whole number"],
    ['with-prompt', '2', "with-prompt: '2' is not on or off."],
    ['sorter', 'no-such-sorter', 'no-such-sorter'],
    ['root-dir', '', 'To delete the stored one'],
    ['api-key', 'secret', "Run 'civitconfig login'."],
    ['proxy', 'http://me:secret@proxy.example', 'A user name and a password belong into HTTPS_PROXY'],
  ])('%s not to %j', async (name, value, message) => {
    const { status, stdout, stderr } = await civitconfig('set', name, value);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(await sandbox.tree('config')).toEqual([]);
  });
});

it('civitconfig path prints where the settings are', async () => {
  expect((await civitconfig('path')).stdout).toBe(`${sandbox.config}\n`);
  expect(JSON.parse((await civitconfig('path', '--json')).stdout)).toEqual({ config: sandbox.config });
});

describe('a stored root directory', () => {
  const modelFile = 'anythingV3_fp16/anythingV3_fp16-mid_66-vid_75.ckpt';

  it.each([
    ['with default', ['default', '--root-dir', 'stored']],
    ['with set', ['set', 'root-dir', 'stored']],
  ])('%s is used if none is typed', async (_how, args) => {
    expect((await civitconfig(...args)).status).toBe(0);
    expect((await civitconfig('get', 'root-dir')).stdout).toBe(`${sandbox.path('stored')}\n`);
    expect(await runInProcess([anything, '-i', '0'], sandbox)).toMatchObject({ status: 0 });
    expect(await sandbox.tree('stored')).toContain(modelFile);
    // A typed one counts more.
    expect(await runInProcess([anything, 'typed', '-i', '0'], sandbox)).toMatchObject({ status: 0 });
    expect(await sandbox.tree('typed')).toContain(modelFile);
    expect(await runInProcess([anything, '-o', 'output', '-i', '0'], sandbox)).toMatchObject({ status: 0 });
    expect(await sandbox.tree('output')).toContain(modelFile);
  });

  it('can start with an alias, and follows it', async () => {
    await civitconfig('alias', '-a', '@models', sandbox.path('one'));
    await civitconfig('default', '--root-dir', '@models/loras');
    expect((await civitconfig('get', 'root-dir')).stdout).toBe('@models/loras\n');
    await runInProcess([anything, '-i', '0'], sandbox);
    expect(await sandbox.tree('one')).toContain(`loras/${modelFile}`);
  });

  it('is left out of the command that retries, and a named one is in it', async () => {
    const early = String(ids.earlyAccess.model);
    await civitconfig('default', '--root-dir', 'stored');
    const fromStore = await runInProcess([early, '-i', '0'], sandbox);
    expect(fromStore.stderr).toContain(`\n  civitdl ${early} --max-images 0\n`);
    const named = await runInProcess([early, '-o', '70'], sandbox);
    expect(named.stderr).toContain(`\n  civitdl ${early} -o 70\n`);
  });

  it('is deleted by --no-root-dir', async () => {
    await civitconfig('default', '--root-dir', 'stored');
    const { stdout } = await civitconfig('default', '--no-root-dir', '--json');
    expect(JSON.parse(stdout).rootDir).toBeNull();
    expect(await runInProcess([anything], sandbox)).toMatchObject({ status: 2 });
  });

  it('is exported, imported and reset with the other settings', async () => {
    await civitconfig('default', '--root-dir', 'stored');
    await civitconfig('settings', '-d', 'settings.zip');
    await civitconfig('settings', '--reset', '--yes');
    expect((await civitconfig('get', 'root-dir')).stdout).toBe('not set\n');
    const { stdout } = await civitconfig('settings', '--import', 'settings.zip', '--yes');
    expect(stdout).toContain(`root-dir  ${sandbox.path('stored')} (new)`);
    expect((await civitconfig('get', 'root-dir')).stdout).toBe(`${sandbox.path('stored')}\n`);
  });
});
