import { readFile } from 'node:fs/promises';
import { beforeEach, describe, expect } from 'vitest';
import { catalog, ids } from '../fake-civitai/catalog.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';
import { Screen } from '../harness/screen.js';
import { open } from '../harness/terminal.js';

const QUESTION = 'Civitai API key:';
const OFFER = 'Store it for all later runs? [y/N]';
const wrongKey = 'f'.repeat(32);
const batch = ids.batch.models.slice(0, 8).map(String);
const args = [...batch, 'models', '-i', '0', '--pause-time', '0'];

it.override('serverOptions', { models: catalog, loginForAll: true });

const storedKey = async () => JSON.parse(await readFile(sandbox.config, 'utf8')).apiKey;
const modelFiles = async () => (await sandbox.tree()).filter((name) => name.endsWith('.safetensors'));

describe.each([
  ['without a key', {}, 'can only be downloaded with an API key', 'key-missing', "'civitconfig login'"],
  [
    'with a wrong key',
    { CIVITAI_API_KEY: wrongKey },
    'Civitai rejects the one in CIVITAI_API_KEY',
    'key-wrong',
    'then change CIVITAI_API_KEY.',
  ],
])('the first run %s', (_what, env, message, code, advice) => {
  it('without a terminal, stops after three refusals, says what to do and leaves no folder', async () => {
    const { status, stdout, stderr } = await runInProcess(args, sandbox, { env });
    expect(status).toBe(3);
    expect(stdout).toBe('');
    expect(civitai.requestsTo('download')).toHaveLength(3);
    expect(stderr).toContain(message);
    expect(stderr).toContain('5 not started because the run stopped early:');
    expect(stderr.match(/https:\/\/civitai\.com\/user\/account/g)).toHaveLength(1);
    expect(stderr).toContain(advice);
    expect(stderr).toContain(`To retry what failed:\n  civitdl ${batch.join(' ')} models`);
    await expect(readFile(sandbox.path('models'))).rejects.toThrow('ENOENT');
  });

  it('says the same as JSON', async () => {
    const { status, stdout } = await runInProcess([...args, '--json', '--jobs', '1'], sandbox, { env });
    expect(status).toBe(3);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ type }) => type === 'halted').map(({ error }) => error.code)).toEqual([code]);
    expect(lines.at(-1)).toMatchObject({ failed: 3, notStarted: 5, exitStatus: 3 });
  });

  it('on a terminal, asks for the key, checks it, continues with that very model, and stores it', async () => {
    const terminal = open('civitdl', args, sandbox, { env });
    await terminal.shows(QUESTION);
    terminal.type(`${civitai.goodKey}\r`);
    await terminal.shows(OFFER);
    terminal.type('y\r');
    expect(await terminal.ended).toBe(0);
    expect(terminal.text.replace(/\s+/g, ' ')).toContain(message);
    expect(terminal.text).toContain('https://civitai.com/user/account');
    expect(terminal.text).toContain(`The API key belongs to ${civitai.account.username}.`);
    expect(terminal.output).not.toContain(civitai.goodKey.slice(0, 8));
    expect(await modelFiles()).toHaveLength(batch.length);
    expect(await storedKey()).toBe(civitai.goodKey);
    // The first model is requested once more, the others once.
    expect(civitai.requestsTo('download')).toHaveLength(batch.length + 1);
    expect(terminal.text.includes('the API key in CIVITAI_API_KEY is used')).toBe('CIVITAI_API_KEY' in env);
  });

  it('on a terminal, stores no key that is not to be stored', async () => {
    const terminal = open('civitdl', args, sandbox, { env });
    await terminal.shows(QUESTION);
    terminal.type(`${civitai.goodKey}\r`);
    await terminal.shows(OFFER);
    terminal.type('\r');
    expect(await terminal.ended).toBe(0);
    expect(await modelFiles()).toHaveLength(batch.length);
    await expect(readFile(sandbox.config)).rejects.toThrow('ENOENT');
  });

  it('on a terminal, stops after three refusals if there is no key', async () => {
    const terminal = open('civitdl', args, sandbox, { env });
    await terminal.shows(QUESTION);
    terminal.type('\r');
    expect(await terminal.ended).toBe(3);
    expect(terminal.text.split(QUESTION).length).toBeGreaterThan(1);
    expect(civitai.requestsTo('download')).toHaveLength(3);
    await expect(readFile(sandbox.path('models'))).rejects.toThrow('ENOENT');
  });

  it('on a terminal, ends at Ctrl-C in the question, with nothing left behind', async () => {
    const terminal = open('civitdl', args, sandbox, { env });
    await terminal.shows(QUESTION);
    terminal.type('abc\x03');
    expect(await terminal.ended).toBe(130);
    expect(civitai.requestsTo('download')).toHaveLength(1);
    await expect(readFile(sandbox.path('models'))).rejects.toThrow('ENOENT');
  });
});

it('asks again after a wrong key, and continues without one after three', async () => {
  const terminal = open('civitdl', args, sandbox);
  for (const answer of [wrongKey, 'a key', wrongKey]) {
    await terminal.shows(new RegExp(`(${QUESTION}[^]*){${terminal.text.split('rejects this key').length}}`));
    terminal.type(`${answer}\r`);
    await terminal.shows(answer === wrongKey ? 'rejects this key' : 'contains spaces');
  }
  expect(await terminal.ended).toBe(3);
  expect(terminal.text.match(/rejects this key/g)).toHaveLength(2);
  expect(terminal.output).not.toContain(wrongKey);
});

it('asks once for all jobs, and nothing is drawn into the question', async () => {
  const screen = new Screen(80, 30);
  const terminal = open('civitdl', [...args, '--jobs', '4'], sandbox, {
    columns: 80,
    onOutput: (data) => screen.write(data),
  });
  await terminal.shows(QUESTION);
  terminal.type(civitai.goodKey);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const asking = await screen.text();
  expect(asking.at(-1)).toContain(QUESTION);
  terminal.type('\r');
  await terminal.shows(OFFER);
  terminal.type('n\r');
  expect(await terminal.ended).toBe(0);
  expect(await modelFiles()).toHaveLength(batch.length);
  const ended = (await screen.text()).join('\n');
  expect(ended.split(QUESTION)).toHaveLength(2);
});

describe('what can be downloaded without a key', () => {
  beforeEach(() => civitai.reset());

  it('is not stopped by refusals after a success', async () => {
    civitai.setKeys([civitai.goodKey]);
    const env = { CIVITAI_API_KEY: civitai.goodKey };
    await runInProcess([batch[0] ?? '', 'models', '-i', '0'], sandbox, { env });
    const { stderr } = await runInProcess(args, sandbox);
    // A file that is there says nothing about the key.
    expect(stderr).toContain('1  already downloaded');
    expect(stderr).toContain('3  failed');
  });
});

it('a dry run says that a key will be needed', async () => {
  const { status, stderr } = await runInProcess([...args, '--dry-run'], sandbox);
  expect(status).toBe(0);
  expect(stderr).toContain('No API key is set');
  expect(stderr).toContain("'civitconfig login'");
  const json = await runInProcess([...args, '--dry-run', '--json'], sandbox);
  expect(JSON.parse(json.stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ keyMissing: true });
  const env = { CIVITAI_API_KEY: civitai.goodKey };
  const withKey = await runInProcess([...args, '--dry-run'], sandbox, { env });
  expect(withKey.stderr).not.toContain('API key');
});
