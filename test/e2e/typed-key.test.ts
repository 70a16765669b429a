import { mkdir } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import type { CommandName } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

const KEY = '0123456789abcdef0123456789ABCDEF';
const model = String(ids.anything.model);
const REFUSED =
  "-k takes no value: it asks for the key. Store it with 'civitconfig login', or set CIVITAI_API_KEY.";

describe('an API key that is typed as an argument is refused and not shown', () => {
  it.for<readonly [command: CommandName, args: readonly string[]]>([
    ['civitdl', ['batch.txt', './models', '-k', KEY]],
    ['civitdl', [model, '-k', KEY]],
    ['civitdl', [model, 'models', `--api-key=${KEY}`]],
    ['civitdl', [model, 'models', '--api-key=of-another-form']],
    ['civitdl', [model, 'models', `-k${KEY}`]],
    ['civitdl', [model, 'models', `-qk${KEY}`]],
    ['civitdl', [model, 'models', `-k=${KEY}`]],
    ['civitdl', [`${model},${KEY}`, 'models']],
    ['civitdl', [KEY]],
    ['civitdl', [model, KEY]],
    ['civitdl', [model, '-o', KEY]],
    ['civitdl', ['info', model, '-k', KEY]],
    ['civitdl', ['search', 'ink', '-k', KEY]],
    ['civitconfig', ['login', KEY]],
    ['civitconfig', ['default', '-k', KEY]],
    ['civitconfig', ['set', 'api-key', KEY]],
  ])('%s %j', async ([command, args]) => {
    await sandbox.write('batch.txt', model);
    const before = await sandbox.tree('.');
    const { status, stdout, stderr } = await runInProcess(args, sandbox, { command });
    expect(stderr).toContain(REFUSED);
    expect((stdout + stderr).toLowerCase()).not.toContain(KEY.slice(0, 12).toLowerCase());
    expect(stdout + stderr).not.toContain('of-another-form');
    expect(status).toBe(2);
    expect(civitai.requests).toEqual([]);
    expect(await sandbox.tree('.')).toEqual(before);
  });

  it('with --json, as JSON', async () => {
    const { status, stdout } = await runInProcess([model, 'models', '-k', KEY, '--json'], sandbox);
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ type: 'error', error: { code: 'usage' } });
    expect(stdout).not.toContain(KEY);
  });
});

it('An unknown option with a key in it is not shown as a whole', async () => {
  for (const word of [`--key=${KEY}`, `--token-${KEY}`, `-a${KEY}`]) {
    const { status, stderr } = await runInProcess([model, 'models', word], sandbox);
    expect(status).toBe(2);
    expect(stderr).toContain('unknown option');
    expect(stderr).not.toContain(KEY.slice(0, 12));
  }
});

it('A folder with such a name is a root directory with ./ before it', async () => {
  await mkdir(sandbox.path(KEY));
  const { status } = await runInProcess([model, `./${KEY}`, '-i', '0'], sandbox);
  expect(status).toBe(0);
  expect((await sandbox.tree(KEY)).length).toBeGreaterThan(0);
});
