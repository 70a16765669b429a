import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { optionGroups, optionWords } from '../../src/options/options.js';
import { ids } from '../fake-civitai/catalog.js';
import { dailyLimit, type FaultKind } from '../fake-civitai/civitai.js';
import { run } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

describe('a command that is typed wrongly', () => {
  const rows: readonly (readonly [args: readonly string[], says: string])[] = [
    [
      [],
      "A source and a root directory are missing. For example, to download a model:\ncivitdl 191977 ./models\nTo see all options, run 'civitdl --help'.\n",
    ],
    [['-o', 'models'], 'A source is missing. Type: civitdl 191977 -o models'],
    [
      ['66'],
      "The root directory is missing: only '66' was given. Type: civitdl 66 ./models\nTo store one for all runs, run 'civitconfig default --root-dir ./models'.\n",
    ],
    [['66', '67'], "The root directory is missing: '67' is not a folder."],
    [['66', 'models', '--no-such-option'], "unknown option '--no-such-option'"],
    [['66', 'models', '--all-versions'], "'--all-versions'\n(Did you mean --versions all?)\n"],
    [['66', 'models', '-i'], 'argument missing'],
    [['66', 'models', '-i', '-1'], "'-1' is not a whole number from 0 to 200"],
    [['66', 'models', '-i', '1.5'], "'1.5' is not a whole number from 0 to 200"],
    [['66', 'models', '--nsfw-mode', '3'], "'3' is not a whole number from 0 to 2"],
    [['66', 'models', '--nsfw', 'some'], "--nsfw <safe,model,all>: 'some' is not one of safe, model, all."],
    [['66', 'models', '--proxy', 'socks5://x'], "--proxy <url>: 'socks5://x' is not the address of"],
    [['66', 'models', '--user-agent', ''], "--user-agent <text>: '' is not text of printable"],
    [['66', 'models', '--retry-count', 'often'], "'often' is not a whole number from 0 to 100"],
    [['66', 'models', '--pause-time', '1e9'], "'1e9' is not a number from 0 to 86400"],
    [['0', 'models'], "'0' contains an invalid id. Ids are numbers from 1 to 2147483647."],
    [['no-such-file', 'models'], "'no-such-file' is not a source and not an existing file."],
    [
      ['tag:ink', 'models'],
      "'tag:ink' is not a source and not an existing file. A source is a model id, a URL of civitai.com,",
    ],
    [['image:cat', 'models'], "'image:cat' has no id"],
    [['https://example.com/models/66', 'models'], 'is on example.com. Only URLs of civitai.com'],
    [['https://civitai.com/articles/1', 'models'], 'is the page of an article, not of a model'],
    [['urn:air:sdxl:lora:huggingface:a/b@1', 'models'], 'is an AIR of huggingface'],
    [[' , ', 'models'], 'does not name a source'],
  ];

  it.each(rows)('does nothing and ends with 2: %j', async (args, says) => {
    const { status, stdout, stderr } = await runInProcess(args, sandbox);
    expect(stderr).toContain(says);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(civitai.requests).toEqual([]);
    await expect(stat(sandbox.path('models'))).rejects.toThrow('ENOENT');
  });

  it.each<[args: readonly string[], message: string, command?: 'civitdl' | 'civitconfig']>([
    [['66', 'models', '--no-such-option'], "unknown option '--no-such-option'"],
    [['66', 'models', '--versoins', 'all'], "unknown option '--versoins'\n(Did you mean --versions?)"],
    [['66', 'models', '--all-versions'], "unknown option '--all-versions'\n(Did you mean --versions all?)"],
    [['66', 'models', '-o'], "option '-o, --output <dir>' argument missing"],
    [['66', 'models', '-i', 'many'], "-i, --max-images <n>: 'many' is not a whole number from 0 to 200."],
    [['66', 'models', '--nsfw', 'some'], "--nsfw <safe,model,all>: 'some' is not one of safe, model, all."],
    [['66'], "The root directory is missing: only '66' was given. Type: civitdl 66 ./models"],
    [['search', '--no-such-option'], "unknown option '--no-such-option'"],
    [['search'], "missing required argument 'text'"],
    [['info', '66', '67'], "too many arguments for 'info'. Expected 1 argument but got 2."],
    [['settings', '-r', '-d', 'x'], 'cannot be used with option', 'civitconfig'],
    [['settings', 'x'], "too many arguments for 'settings'.", 'civitconfig'],
    [['sort'], "unknown command 'sort'\n(Did you mean one of set, sorter?)", 'civitconfig'],
    [['completion', 'csh'], "command-argument value 'csh' is invalid", 'civitconfig'],
    [[], 'A subcommand is missing.', 'civitconfig'],
  ])('says so in one line of JSON, whatever finds it: %j', async (args, message, command = 'civitdl') => {
    const before = [...args.slice(0, 1), '--json', ...args.slice(1)];
    for (const typed of [[...before], [...args, '--json']]) {
      // As the value of an option, it is not an option.
      if (typed.at(-2) === '-o') continue;
      const { status, stdout, stderr } = await runInProcess(typed, sandbox, { command });
      expect(status).toBe(2);
      expect(stderr).not.toBe('');
      expect(JSON.parse(stdout)).toEqual({
        v: 1,
        type: 'error',
        error: { code: 'usage', message: expect.stringContaining(message) },
      });
    }
  });

  it.each([[['66', 'models', '--no-such-option']], [['--no-such-option', '--', '--json']]])(
    'prints no JSON where none is wanted: %j',
    async (args) => {
      expect((await runInProcess(args, sandbox)).stdout).toBe('');
    },
  );

  it('is told all that is wrong with its sources at once, and the good ones are not fetched', async () => {
    const { status, stderr } = await runInProcess(['66', 'x.txt', '0', 'models'], sandbox);
    expect(status).toBe(2);
    expect(stderr).toContain("'x.txt' is not a source");
    expect(stderr).toContain("\n'0' contains an invalid id");
    expect(civitai.requests).toEqual([]);
  });

  it.each([
    ['http://civitai.example', 'must be https'],
    ['civitai', 'is not a URL'],
  ])('refuses to send anything to %s', async (CIVITAI_BASE_URL, says) => {
    const { status, stderr } = await runInProcess(['66', 'models'], sandbox, { env: { CIVITAI_BASE_URL } });
    expect(status).toBe(2);
    expect(stderr).toContain(says);
  });
});

describe('a command that only asks', () => {
  it.each(['-v', '--version'])('is told the version: %s', async (flag) => {
    const manifest: { version: string } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(await run('civitdl', [flag], sandbox)).toEqual({
      status: 0,
      stdout: `${manifest.version}\n`,
      stderr: '',
    });
  });

  it.each(['-h', '--help'])('is told all options: %s', async (flag) => {
    await sandbox.write('config/config.json', 'broken');
    const { status, stdout, stderr } = await runInProcess([flag], sandbox);
    expect(status).toBe(0);
    expect(stdout).toContain('Usage: civitdl [options] <source...> <rootdir>');
    for (const option of ['--max-images', '--retry-count', '--no-with-prompt', '-k, --api-key']) {
      expect(stdout).toContain(option);
    }
    for (const { flags } of optionWords) expect(stdout).toContain(flags);
    for (const group of Object.values(optionGroups)) expect(stdout).toContain(`\n${group}\n`);
    for (const part of [
      'Examples:',
      'Environment variables:',
      'CIVITAI_API_KEY',
      'HTTPS_PROXY',
      'Pages: https://',
    ])
      expect(stdout).toContain(part);
    expect(stdout).toContain(`${join(process.cwd(), 'doc', 'civitdl.md')}\n`);
    expect(stderr).toBe('');
  });
});

describe('the exit status of the process', () => {
  it.each<readonly [what: string, source: number, faults: readonly FaultKind[], ends: number]>([
    ['1 where the bytes are wrong', ids.wrongSha256.model, [], 1],
    ['4 where there is no such model', ids.absent.model, [], 4],
    ['6 where the daily limit is reached', ids.anything.model, [dailyLimit], 6],
  ])('is %s', async (_what, source, faults, ends) => {
    for (const fault of faults) civitai.fault({ on: 'download', ...fault });
    const { status } = await run('civitdl', [String(source), 'models', '-i', '0'], sandbox);
    expect(status).toBe(ends);
    expect(await sandbox.tree()).toEqual([]);
  });
});
