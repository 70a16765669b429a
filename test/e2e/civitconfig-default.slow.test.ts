import { readFile } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { longName } from '../../src/cli/program.js';
import { mergeOptions, optionNames, specOf } from '../../src/options/options.js';
import { run } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';
import { open } from '../harness/terminal.js';

const inProcess = (args: readonly string[], input = '') =>
  runInProcess(['default', ...args], sandbox, { command: 'civitconfig', input });

describe('civitconfig default', () => {
  it('prints every option and the key, and makes no file for it', async () => {
    const { status, stdout, stderr } = await run('civitconfig', ['default'], sandbox);
    expect(status).toBe(0);
    expect(stderr).toBe('');
    const names = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[0]);
    expect(names).toEqual([
      ...optionNames.map((name) => longName(specOf(name).flags)),
      'root-dir',
      'api-key',
    ]);
    expect(stdout).toMatch(/^max-images +3$/m);
    expect(stdout).toMatch(/^root-dir +not set$/m);
    expect(stdout).toMatch(/^api-key +not set$/m);
    expect(await sandbox.tree('config')).toEqual([]);
  });

  it('keeps what was stored before, and tells a program', async () => {
    await inProcess(['-i', '0']);
    await inProcess(['--nsfw-mode', '2', '--without-model']);
    const { stdout } = await inProcess(['--json', '--no-without-model']);
    expect(JSON.parse(stdout)).toEqual({
      options: { ...mergeOptions(), maxImages: 0, nsfwMode: 2 },
      stored: ['maxImages', 'nsfwMode', 'withoutModel'],
      rootDir: null,
      apiKey: { isSet: false },
    });
  });

  it('shows no more of the key than its end', async () => {
    await inProcess(['-k'], `${civitai.goodKey}\n`);
    for (const args of [[], ['--json'], ['--verbose', '-i', '3']]) {
      const { stdout, stderr } = await run('civitconfig', ['default', ...args], sandbox);
      expect(stdout).toContain('cdef');
      expect(stdout + stderr).not.toContain(civitai.goodKey.slice(-5));
    }
  });

  it('does not show the end of a key that has hardly more', async () => {
    await sandbox.write('config/config.json', JSON.stringify({ version: 2, apiKey: 'short-key' }));
    const { stdout } = await inProcess([]);
    expect(stdout).toMatch(/^api-key +set$/m);
  });

  it('shows the requests that it makes, but not the key, where that is asked for', async () => {
    const { stderr } = await inProcess(['-k', '--verbose'], `${civitai.goodKey}\n`);
    expect(stderr).toMatch(/\/api\/v1\/me/);
    expect(stderr).not.toContain(civitai.goodKey);
  });

  it('loses nothing that comes while it asks for the key', async () => {
    const terminal = open('civitconfig', ['default', '-k', '-i', '7'], sandbox);
    await terminal.shows('Civitai API key:');
    await runInProcess(['alias', '-a', '@models', '/models'], sandbox, { command: 'civitconfig' });
    terminal.type(`${civitai.goodKey}\r`);
    expect(await terminal.ended).toBe(0);
    expect(JSON.parse(await readFile(sandbox.config, 'utf8'))).toMatchObject({
      apiKey: civitai.goodKey,
      defaults: { maxImages: 7 },
      aliases: { '@models': '/models' },
    });
  });

  it.each<readonly [what: string, config: string, says: RegExp]>([
    ['broken JSON', '{"version": 2', /is not valid JSON/],
    [
      'a wrong value',
      '{"version": 2, "defaults": {"pauseTime": "3"}}',
      /defaults\.pauseTime: must be a number/,
    ],
    ['an unknown field', '{"version": 2, "defualts": {}}', /unknown field defualts/],
  ])('names file and field of %s, says the way out, and changes nothing', async (_what, config, says) => {
    await sandbox.write('config/config.json', config);
    for (const args of [[], ['-i', '3']]) {
      const { status, stdout, stderr } = await inProcess(args);
      expect(stderr).toMatch(says);
      expect(stderr).toContain(sandbox.config);
      expect(stderr).toContain("'civitconfig settings --reset'");
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    }
    expect(await readFile(sandbox.config, 'utf8')).toBe(config);
  });
});

describe('civitconfig', () => {
  it('says what it can do when nothing is asked for', async () => {
    const { status, stderr } = await run('civitconfig', [], sandbox);
    expect(status).toBe(2);
    for (const name of ['default', 'alias', 'settings', 'completion']) expect(stderr).toContain(`  ${name} `);
  });

  it('has the options of all commands in the help of each', async () => {
    for (const name of ['default', 'alias', 'settings', 'completion']) {
      const { status, stdout } = await runInProcess([name, '--help'], sandbox, { command: 'civitconfig' });
      expect(status).toBe(0);
      expect(stdout).toMatch(/Global Options:\n +--json/);
    }
  });

  it('tells the nearest command', async () => {
    const { status, stderr } = await runInProcess(['setting'], sandbox, { command: 'civitconfig' });
    expect(status).toBe(2);
    expect(stderr).toContain("unknown command 'setting'\n(Did you mean settings?)");
  });
});
