import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect } from 'vitest';
import { configProgram } from '../../src/cli/civitconfig.js';
import { downloadProgram } from '../../src/cli/civitdl.js';
import { infoProgram } from '../../src/cli/info.js';
import { longName, toArgv } from '../../src/cli/program.js';
import { searchProgram } from '../../src/cli/search.js';
import { formatValue, type OptionValue } from '../../src/options/option-types.js';
import { type OptionName, optionNames, specOf } from '../../src/options/options.js';
import { readPages, repository } from '../docs/page.js';
import type { CommandName } from '../harness/command.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

const outputs = { stdout: process.stdout, stderr: process.stderr };
const defaults = configProgram(process as never, () => {}).commands.find((one) => one.name() === 'default');
/** The commands that have options of a download. */
const commands: readonly (readonly [command: CommandName, words: readonly string[], program: Command])[] = [
  ['civitdl', [], downloadProgram(outputs)],
  ['civitdl', ['search'], searchProgram(outputs)],
  ['civitdl', ['info'], infoProgram(outputs)],
  ...(defaults ? [['civitconfig', ['default'], defaults] as const] : []),
];
const manPages = {
  civitdl: readFileSync(`${repository}dist/man/civitdl.1`, 'utf8').replaceAll('\\-', '-'),
  civitconfig: readFileSync(`${repository}dist/man/civitconfig.1`, 'utf8').replaceAll('\\-', '-'),
};

/** Values of the options whose values are not in a list. */
const values: Partial<Record<OptionName, OptionValue>> = {
  sorter: 'tags',
  limitRate: 500_000,
  since: '2026-01-31',
  userAgent: 'probe/1',
  proxy: 'http://proxy.example:3128',
};

/** Returns a value that is not the default. */
function otherValue(name: OptionName): OptionValue {
  const spec = specOf(name);
  if (spec.kind === 'switch') return !spec.default;
  if (spec.kind === 'text')
    return spec.choices?.find((choice) => choice !== spec.default) ?? values[name] ?? '';
  if (spec.kind === 'rate') return values[name] ?? 0;
  return spec.default === spec.max ? spec.min : spec.default + 1;
}

async function civitconfig(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await runInProcess(args, sandbox, { command: 'civitconfig' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.trimEnd();
}

describe.each(optionNames)('the option %s', (name) => {
  const spec = specOf(name);
  const long = longName(spec.flags);
  const value = values[name] ?? otherValue(name);

  it('is part of the command that tries again, as it was typed', async () => {
    expect(value).not.toBe(spec.default);
    const typed = toArgv({ [name]: value });
    // Nothing listens at the address of the server.
    const args = [
      '66',
      'models',
      '--retry-count',
      '0',
      ...typed,
      ...(name === 'timeout' ? [] : ['--timeout', '1']),
    ];
    const { status, stderr } = await runInProcess(args, sandbox);
    expect(status).toBe(5);
    const [, command = ''] = /To retry what failed:\n {2}(.*)/.exec(stderr) ?? [];
    expect(command.replaceAll("'", '')).toContain(` ${typed.join(' ')}`);
  });

  it('is stored, read and set', async () => {
    const shown = typeof value === 'boolean' ? (value ? 'on' : 'off') : formatValue(spec, value);
    const { options, stored } = JSON.parse(
      await civitconfig('default', '--json', ...toArgv({ [name]: value })),
    );
    expect([options[name], stored]).toEqual([value, [name]]);
    expect(await civitconfig('get', long)).toBe(shown);
    await civitconfig('default', ...toArgv({ [name]: spec.default }));
    expect(await civitconfig('get', long)).not.toBe(shown);
    expect(await civitconfig('set', long, shown)).toBe(shown);
    expect(await civitconfig('get', long)).toBe(shown);
  });

  it('is an option of civitconfig default', () => {
    expect(defaults?.options.map(({ long }) => long)).toContain(`--${long}`);
  });
});

describe.each(commands)('%s %j', (command, words, program) => {
  const own = program.options.filter(({ hidden }) => !hidden);

  it('describes each of its options in the help', async () => {
    const { status, stdout } = await runInProcess([...words, '--help'], sandbox, { command });
    expect(status).toBe(0);
    for (const { flags, description, negate, long } of own) {
      expect(stdout).toContain(`\n  ${flags}`);
      const hasPositive = own.some((other) => other.long === long?.replace('--no-', '--'));
      if (!negate || !hasPositive) expect(description, flags).not.toBe('');
    }
  });

  it('completes each of its options', async () => {
    const lines = (await civitconfig('complete', 'fish', command, '--', ...words, '--')).split('\n');
    const offered = lines.map((line) => line.split('\t')[0]);
    expect(offered).toEqual(expect.arrayContaining(own.map(({ long }) => long)));
  });

  it('has each of its options in the man page', () => {
    for (const { long = '' } of own) expect(manPages[command]).toContain(long);
  });

  it('has an example on a page, and civitdl one of each option', () => {
    const typed = readPages()
      .flatMap(({ blocks }) => blocks)
      .filter(({ language, marks }) => language === 'sh' && !marks.has('not-run'))
      .flatMap(({ text }) => text.split('\n'))
      .map((line) => line.split(/[\s|;()]+/));
    const isTyped = (word: string) =>
      typed.some((line) => [command, ...words].every((one) => line.includes(one)) && line.includes(word));
    expect(typed.some((line) => [command, ...words].every((one) => line.includes(one)))).toBe(true);
    for (const { long = '', short, negate } of words.length === 0 ? own : [])
      if (negate) expect(isTyped(long) || isTyped(long.replace('--no-', '--')), long).toBe(true);
      else expect([long, short ?? long, long.replace('--', '--no-')].some(isTyped), long).toBe(true);
  });
});
