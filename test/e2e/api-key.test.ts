import { readFile, stat } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import type { FaultKind } from '../fake-civitai/civitai.js';
import { run } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { type InProcessOptions, runInProcess } from '../harness/in-process.js';
import { open } from '../harness/terminal.js';

const model = String(ids.mainExample.model);
const goodFile = /PaperLanternInk-v2-mid_191977-vid_216190\.safetensors$/;
const badKey = 'ffffffffffffffffffffffffffffffff';

const plain = [model, 'models', '-i', '0'];
const download = (args: readonly string[] = [], options: InProcessOptions = {}) =>
  runInProcess([...plain, ...args], sandbox, options);
const keysSent = () => new Set(civitai.requestsTo('download').map(({ headers }) => headers.authorization));

describe('where the key comes from', () => {
  it('asks for it in a terminal, and shows no character of it', async () => {
    const terminal = open('civitdl', ['-k', model, 'models'], sandbox);
    await terminal.shows('Civitai API key:');
    terminal.type(`${civitai.goodKey}\r`);
    expect(await terminal.ended).toBe(0);
    expect(terminal.output).toContain('SHA256 verified');
    expect(terminal.output).not.toContain(civitai.goodKey.slice(0, 4));
    expect(await sandbox.tree()).toContainEqual(expect.stringMatching(goodFile));
  });

  it.each([
    ['first', ['-k', model, 'models']],
    ['between', [model, '-k', 'models']],
    ['last', [model, 'models', '-k']],
    ['among other options', [model, '-i', '0', '-k', '-p', 'models']],
    ['in its long form', ['--api-key', model, 'models']],
  ])('takes no source for it where -k stands %s', async (_where, args) => {
    const { status } = await runInProcess(args, sandbox, { input: `${civitai.goodKey}\n` });
    expect(status).toBe(0);
    expect(keysSent()).toEqual(new Set([`Bearer ${civitai.goodKey}`]));
    expect(await sandbox.tree()).toContainEqual(expect.stringMatching(goodFile));
  });

  it('takes one line of standard input where that is no terminal', async () => {
    const { status, stdout } = await run('civitdl', [...plain, '-k'], sandbox, {
      input: `${civitai.goodKey}\n`,
    });
    expect(status).toBe(0);
    expect(stdout.trim()).toMatch(goodFile);
  });

  it('takes the key as the first line and the batch as the rest when both come from standard input', async () => {
    const input = `${civitai.goodKey}\n${model}\n66\n`;
    const { status } = await run('civitdl', ['-k', '-', 'models', '-i', '0', '--pause-time', '0'], sandbox, {
      input,
    });
    expect(status).toBe(0);
    expect(civitai.requestsTo('download')).toHaveLength(2);
  });

  it.each(['CIVITAI_API_KEY', 'CIVITAI_TOKEN'])('takes it from %s', async (name) => {
    const { status } = await download([], { env: { [name]: civitai.goodKey } });
    expect(status).toBe(0);
  });

  it('takes the stored one, which lies in a file of its owner alone', async () => {
    const stored = await run('civitconfig', ['default', '-k'], sandbox, { input: `${civitai.goodKey}\n` });
    expect(stored.stderr).toContain(`The API key belongs to ${civitai.account.username}.`);
    expect(stored.stdout).toMatch(/api-key +set, ends with cdef/);
    expect((await stat(sandbox.config)).mode & 0o777).toBe(0o600);
    expect((await stat(sandbox.path('config'))).mode & 0o777).toBe(0o700);
    expect(await run('civitdl', plain, sandbox)).toMatchObject({ status: 0 });
  });

  it('prefers what is asked for, then CIVITAI_API_KEY, then CIVITAI_TOKEN, then the stored one', async () => {
    const keys = ['1', '2', '3', '4'].map((digit) => digit.repeat(32));
    const [asked = '', first = '', second = '', stored = ''] = keys;
    civitai.setKeys(keys);
    await run('civitconfig', ['default', '-k'], sandbox, { input: `${stored}\n` });
    const used = async (...[args, options]: Parameters<typeof download>) => {
      civitai.reset();
      civitai.setKeys(keys);
      await download(['--model-overwrite', ...(args ?? [])], options);
      return keysSent();
    };
    const env = { CIVITAI_API_KEY: first, CIVITAI_TOKEN: second };
    expect(await used(['-k'], { input: asked, env })).toEqual(new Set([`Bearer ${asked}`]));
    expect(await used([], { env })).toEqual(new Set([`Bearer ${first}`]));
    expect(await used([], { env: { CIVITAI_TOKEN: second } })).toEqual(new Set([`Bearer ${second}`]));
    expect(await used()).toEqual(new Set([`Bearer ${stored}`]));
  });
});

describe('a key that is no use', () => {
  it.for<readonly [from: string, args: readonly string[], named: string, advice: string]>([
    ['CIVITAI_API_KEY', [], 'the one in CIVITAI_API_KEY', 'then change CIVITAI_API_KEY.'],
    ['CIVITAI_TOKEN', [], 'the one in CIVITAI_TOKEN', 'then change CIVITAI_TOKEN.'],
    ['stored', [], 'the stored one', "then store a valid one with 'civitconfig login'."],
    ['typed', ['-k'], 'the typed one', "then type it again, or store it with 'civitconfig login'."],
  ])('is named by where it comes from when it is rejected: %s', async ([from, args, named, advice]) => {
    if (from === 'stored')
      await sandbox.write('config/config.json', JSON.stringify({ version: 1, apiKey: badKey }));
    const env = from.startsWith('CIVITAI') ? { [from]: badKey } : {};
    const { status, stderr } = await download(args, { env, input: `${badKey}\n` });
    const text = stderr.replace(/\s+/g, ' ');
    expect(text).toContain(`Civitai rejects ${named}: it is wrong, expired or revoked.`);
    expect(text).toContain(`Check the key at https://civitai.com/user/account, ${advice}`);
    expect(status).toBe(3);
    expect(stderr).not.toContain(badKey);
  });

  it('says without any key both ways to give one', async () => {
    const { status, stderr } = await download();
    expect(status).toBe(3);
    expect(stderr).toContain('can only be downloaded with an API key');
    expect(stderr).toContain("'civitdl -k'");
    expect(stderr).toContain("'civitconfig login'");
    expect(await sandbox.tree()).toEqual([]);
    expect(civitai.requests.map(({ headers }) => headers.authorization)).not.toContainEqual(
      expect.anything(),
    );
  });

  it('says of a wrong key that it is wrong', async () => {
    const { status, stderr } = await download([], { env: { CIVITAI_API_KEY: badKey } });
    expect(status).toBe(3);
    expect(stderr).toContain('it is wrong, expired or revoked');
  });

  it('says where downloads are disabled that a key does not help', async () => {
    const { status, stderr } = await runInProcess([String(ids.disabled.model), 'models'], sandbox, {
      env: { CIVITAI_API_KEY: civitai.goodKey },
    });
    expect(status).toBe(3);
    expect(stderr).toContain('An API key does not help');
  });

  it.each(['', '\n', '  \n', 'a key with blanks\n', 'schlüssel\n'])(
    'refuses %j as an answer',
    async (input) => {
      const { status, stderr } = await download(['-k'], { input });
      expect(status).toBe(2);
      expect(stderr).toMatch(/API key/);
      expect(civitai.requests).toHaveLength(0);
    },
  );

  it('does not store a key that Civitai refuses', async () => {
    const { status, stderr } = await run('civitconfig', ['default', '-k'], sandbox, { input: badKey });
    expect(status).toBe(3);
    expect(stderr).toContain('it was not stored');
    await expect(stat(sandbox.config)).rejects.toThrow('ENOENT');
  });

  it.each<readonly [what: string, fault: FaultKind, why: string]>([
    [
      'a challenge of its guard',
      { kind: 'status', status: 403, headers: { 'cf-mitigated': 'challenge' } },
      'refuses this connection (status 403)',
    ],
    ['a page', { kind: 'html' }, 'sent an invalid response (not JSON)'],
    ['a failure', { kind: 'status', status: 502 }, 'the server failed with status 502'],
  ])('stores a key unchecked, with a warning, when Civitai answers with %s', async (_what, fault, why) => {
    civitai.fault({ on: 'me', ...fault, times: Infinity });
    const { status, stderr } = await runInProcess(['default', '-k'], sandbox, {
      command: 'civitconfig',
      input: badKey,
    });
    expect(stderr).toContain('warning: the API key was stored without verifying it');
    expect(stderr).toContain(why);
    expect(status).toBe(0);
    expect(JSON.parse(String(await readFile(sandbox.config)))).toMatchObject({ apiKey: badKey });
  });

  it('stores a key unchecked, with a warning, when Civitai does not answer', async () => {
    const env = { CIVITAI_BASE_URL: 'http://127.0.0.1:9' };
    const { status, stderr } = await run('civitconfig', ['default', '-k'], sandbox, { input: badKey, env });
    expect(status).toBe(0);
    expect(stderr).toContain('warning: the API key was stored without verifying it');
    expect(await readFile(sandbox.config, 'utf8')).toContain(badKey);
  });

  it('forgets the stored key', async () => {
    await run('civitconfig', ['default', '-k'], sandbox, { input: civitai.goodKey });
    const { status, stdout } = await run('civitconfig', ['default', '--no-api-key'], sandbox);
    expect(status).toBe(0);
    expect(stdout).toMatch(/api-key +not set/);
    expect(await readFile(sandbox.config, 'utf8')).not.toContain(civitai.goodKey);
  });

  it('ends at Ctrl-C in the prompt with 130', async () => {
    const terminal = open('civitdl', [model, 'models', '-k'], sandbox);
    await terminal.shows('Civitai API key:');
    terminal.type('abc\x03');
    expect(await terminal.ended).toBe(130);
    expect(civitai.requests).toHaveLength(0);
  });
});
