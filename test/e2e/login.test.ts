import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { type InProcessOptions, runInProcess } from '../harness/in-process.js';
import { open } from '../harness/terminal.js';

const wrongKey = 'f'.repeat(32);
const end = 'cdef';
const civitconfig = (args: readonly string[], options: InProcessOptions = {}) =>
  runInProcess(args, sandbox, { command: 'civitconfig', ...options });
const login = (args: readonly string[] = []) =>
  civitconfig(['login', ...args], { input: `${civitai.goodKey}\n` });
const storedKey = async () => JSON.parse(await readFile(sandbox.config, 'utf8')).apiKey;

describe('civitconfig login', () => {
  it('asks on a terminal, and shows nothing of the key but its end', async () => {
    const terminal = open('civitconfig', ['login'], sandbox);
    await terminal.shows('Civitai API key:');
    terminal.type(`${civitai.goodKey}\r`);
    expect(await terminal.ended).toBe(0);
    expect(terminal.text).toContain(`The API key belongs to ${civitai.account.username}.`);
    expect(terminal.text).toContain(`api-key  set, ends with ${end}`);
    expect(terminal.output).not.toContain(civitai.goodKey.slice(0, 8));
    expect(await storedKey()).toBe(civitai.goodKey);
  });

  it('stores in a file that only its owner can read', async () => {
    expect(await login()).toMatchObject({ status: 0, stdout: `api-key  set, ends with ${end}\n` });
    expect((await stat(sandbox.config)).mode & 0o777).toBe(0o600);
  });

  it('prints JSON', async () => {
    const { stdout } = await login(['--json']);
    const { username } = civitai.account;
    expect(JSON.parse(stdout)).toEqual({ username, apiKey: { isSet: true, end } });
  });

  it('stores no key that Civitai rejects, and keeps the one before', async () => {
    await login();
    const { status, stderr } = await civitconfig(['login'], { input: `${wrongKey}\n` });
    expect(status).toBe(3);
    expect(stderr).toContain('it was not stored');
    expect(await storedKey()).toBe(civitai.goodKey);
  });

  it('stores a key that cannot be verified now, with a warning', async () => {
    const env = { CIVITAI_BASE_URL: 'http://127.0.0.1:9' };
    const { status, stderr } = await civitconfig(['login'], { input: `${wrongKey}\n`, env });
    expect(status).toBe(0);
    expect(stderr).toContain('warning: the API key was stored without verifying it');
    expect(await storedKey()).toBe(wrongKey);
  });

  it('says that another key is used', async () => {
    const { stderr } = await civitconfig(['login'], {
      input: civitai.goodKey,
      env: { CIVITAI_TOKEN: wrongKey },
    });
    expect(stderr).toContain('warning: the API key in CIVITAI_TOKEN is used');
    expect(stderr).not.toContain(wrongKey);
  });
});

describe('civitconfig logout', () => {
  it('deletes the key, and nothing else', async () => {
    await login();
    await civitconfig(['default', '-i', '7']);
    expect(await civitconfig(['logout'])).toMatchObject({
      status: 0,
      stdout: 'The API key was deleted from this machine.\n',
    });
    const config = JSON.parse(await readFile(sandbox.config, 'utf8'));
    expect(config).toEqual({ version: 2, defaults: { maxImages: 7 }, aliases: {}, sorters: {} });
  });

  it('says that there was none, and writes nothing', async () => {
    expect(await civitconfig(['logout'])).toMatchObject({ status: 0, stdout: 'No API key was stored.\n' });
    await expect(readFile(sandbox.config)).rejects.toThrow('ENOENT');
    expect(JSON.parse((await civitconfig(['logout', '--json'])).stdout)).toMatchObject({ wasSet: false });
  });

  it.each([
    ['logout', ['logout']],
    ['default --no-api-key', ['default', '--no-api-key']],
  ])('deletes the key from the trash folder as well, by %s', async (_name, args) => {
    await login();
    await civitconfig(['default', '-i', '7']);
    const reset = await civitconfig(['settings', '--reset', '--yes', '--json']);
    const trashed = join(JSON.parse(reset.stdout).trash, 'config.json');
    await login();
    const { status, stderr } = await civitconfig(args);
    expect(status).toBe(0);
    expect(stderr).toContain(`An API key was deleted from the earlier settings in ${trashed}\n`);
    const { apiKey, defaults } = JSON.parse(await readFile(trashed, 'utf8'));
    expect({ apiKey, defaults }).toEqual({ apiKey: undefined, defaults: { maxImages: 7 } });
    expect((await stat(trashed)).mode & 0o777).toBe(0o600);
    expect((await civitconfig(args)).stderr).not.toContain('deleted');
  });

  it('deletes a key that is only in the trash folder', async () => {
    await login();
    await civitconfig(['settings', '--reset', '--yes']);
    const { stdout, stderr } = await civitconfig(['logout', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ wasSet: false, trash: [expect.stringContaining('trash')] });
    expect(stderr).toContain('An API key was deleted from the earlier settings in ');
    expect(JSON.parse((await civitconfig(['logout', '--json'])).stdout)).toMatchObject({ trash: [] });
  });

  it('says that the key of the environment remains', async () => {
    await login();
    const { stderr } = await civitconfig(['logout'], { env: { CIVITAI_API_KEY: civitai.goodKey } });
    expect(stderr).toContain('warning: the API key in CIVITAI_API_KEY is used');
  });
});

describe('civitconfig whoami', () => {
  it('says whose key is stored', async () => {
    await login();
    const { status, stdout } = await civitconfig(['whoami']);
    expect(status).toBe(0);
    expect(stdout).toBe(`${civitai.account.username}\napi-key  set, ends with ${end}, stored\n`);
  });

  it.each(['CIVITAI_API_KEY', 'CIVITAI_TOKEN'])('says whose key %s has', async (name) => {
    await writeFile(sandbox.path('unused'), '');
    const env = { [name]: civitai.goodKey };
    const { stdout } = await civitconfig(['whoami', '--json'], { env });
    expect(JSON.parse(stdout)).toMatchObject({
      username: civitai.account.username,
      apiKey: { isSet: true, end, from: name },
    });
    expect((await civitconfig(['whoami'], { env })).stdout).toContain(`from ${name}`);
  });

  it.each([
    ['without a key', {}, 3, 'No API key is stored or set.'],
    [
      'with a wrong key',
      { CIVITAI_API_KEY: wrongKey },
      3,
      'The API key in CIVITAI_API_KEY is rejected by Civitai: it is wrong, expired or revoked.',
    ],
    [
      'without a server',
      { CIVITAI_API_KEY: wrongKey, CIVITAI_BASE_URL: 'http://127.0.0.1:9' },
      5,
      '127.0.0.1',
    ],
  ])('fails %s', async (_what, env, status, message) => {
    const ended = await civitconfig(['whoami'], { env });
    expect(ended).toMatchObject({ status, stdout: '' });
    expect(ended.stderr).toContain(message);
    expect(ended.stderr).not.toContain(wrongKey);
  });
});
