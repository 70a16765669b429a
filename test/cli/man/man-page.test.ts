import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import envPaths from 'env-paths';
import { describe, expect, it } from 'vitest';
import { configProgram } from '../../../src/cli/civitconfig.js';
import type { Context } from '../../../src/cli/context.js';
import { exitStatus } from '../../../src/cli/exit-status.js';
import { helpRows } from '../../../src/cli/help.js';
import { settingFiles, statusMeanings } from '../../../src/cli/man/facts.js';
import { type ManFacts, manPage } from '../../../src/cli/man/man-page.js';
import { wholeProgram } from '../../../src/cli/whole-program.js';
import { readPages, repository } from '../../docs/page.js';

const outputs = process as Pick<Context, 'stdout' | 'stderr'> as Context;
const programs = { civitdl: wholeProgram(outputs), civitconfig: configProgram(outputs, () => {}) };
const names = ['civitdl', 'civitconfig'] as const;
/** Those that the build has written, and that npm installs. */
const { man, files } = JSON.parse(readFileSync(`${repository}package.json`, 'utf8'));
const pages = Object.fromEntries(
  names.map((name) => [name, readFileSync(`${repository}dist/man/${name}.1`, 'utf8')]),
) as Record<(typeof names)[number], string>;

const facts: ManFacts = {
  version: '1.2.3',
  date: '2026-01-02',
  summary: 'test',
  examples: [],
  variables: [],
  files: [],
  related: [],
};

/** Returns the text of a page as `man` shows it, on one line without the hyphens of broken words. */
function render(path: string): string {
  const text = execFileSync('man', ['-l', path], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, MANWIDTH: '500', LC_ALL: 'C.UTF-8', MAN_KEEP_FORMATTING: '' },
  });
  return text.replace(/.[\b]/g, '').replace(/\s+/g, ' ');
}

function isInstalled(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.each(names)('the man page of %s', (name) => {
  const page = pages[name];
  const program = programs[name];

  it('is in the package where npm looks for it', () => {
    expect(man).toContain(`./dist/man/${name}.1`);
    expect(files).toContain('dist');
    expect(page).toMatch(
      new RegExp(`^\\.TH ${name.toUpperCase()} 1 "\\d{4}-\\d\\d-\\d\\d" "civitdl [\\d.]+" `),
    );
  });

  it('has all sections', () => {
    const sections = [...page.matchAll(/^\.SH (.*)$/gm)].map(([, title]) => title);
    expect(sections).toEqual([
      ...['NAME', 'SYNOPSIS', 'DESCRIPTION', 'OPTIONS', 'COMMANDS'],
      ...['EXIT STATUS', 'ENVIRONMENT', 'FILES', 'EXAMPLES', 'SEE ALSO'],
    ]);
  });

  it('has lines of ASCII without blanks at their ends, short ones except for commands', () => {
    const lines = page.split('\n');
    expect(lines.filter((line) => /[^\x20-\x7e]|\s$/.test(line))).toEqual([]);
    expect(lines.filter((line) => line.length > 80 && !line.includes('\\fB'))).toEqual([]);
  });

  it('is free of warnings', ({ skip }) => {
    const path = `${repository}dist/man/${name}.1`;
    skip(!isInstalled('groff'), 'groff IS NOT INSTALLED HERE, SO MAN PAGES ARE NOT CHECKED');
    const args = ['-c', 'groff -man -ww -z -Tutf8 "$0" 2>&1', path];
    expect(execFileSync('sh', args, { encoding: 'utf8' })).toBe('');
    if (!isInstalled('mandoc')) return;
    expect(execFileSync('sh', ['-c', 'mandoc -T lint "$0" 2>&1', path], { encoding: 'utf8' })).toBe('');
  });

  it('shows each option and command as they are typed', ({ skip }) => {
    skip(!isInstalled('man'), 'man IS NOT INSTALLED HERE, SO MAN PAGES ARE NOT CHECKED');
    const text = render(`${repository}dist/man/${name}.1`);
    const help = program.createHelp();
    for (const option of help.visibleOptions(program)) {
      expect(text).toContain(option.flags.replace(/[<>]/g, ''));
      expect(text).toContain(option.description);
    }
    for (const command of help.visibleCommands(program).filter((other) => other.name() !== 'help')) {
      expect(text).toContain(`${name} ${command.name()}`);
      expect(text).toContain(command.description());
      for (const { long, hidden } of command.options) if (!hidden) expect(text).toContain(long);
    }
    for (const [command, what] of helpRows[name].examples) expect(text).toContain(`${command} ${what}`);
    for (const [variable] of helpRows[name].variables) expect(text).toContain(variable);
    for (const meaning of Object.values(statusMeanings)) expect(text).toContain(meaning);
    expect(text).not.toContain('civitconfig complete ');
  });
});

describe('manPage', () => {
  it.each([
    ['a backslash', 'C:\\new\\files', 'C:\\enew\\efiles'],
    [
      'signs that become typographic',
      '~ ^ ` --long -x well-known',
      '\\(ti \\(ha \\(ga \\-\\-long \\-x well-known',
    ],
    ['a request at the start of a line', ".TH 'x", "\\&.TH 'x"],
    ['another script', 'a → b', 'a \\[u2192] b'],
  ])('escapes %s', (_what, description, escaped) => {
    const program = new Command('strange').addOption(new Option('--flag', description));
    expect(manPage(program, facts)).toContain(`\n.TP\n\\fB\\-\\-flag\\fR\n${escaped}\n`);
  });

  it('has a line for each form of the command', () => {
    const program = new Command('forms').usage('[options] <a>\n       forms search <text...>');
    expect(manPage(program, facts)).toContain(
      '\n.SH SYNOPSIS\n\\fBforms\\fR [options] \\fIa\\fR\n.br\n\\fBforms search\\fR \\fItext...\\fR\n',
    );
  });

  it('breaks long texts into lines, none of which is a request', () => {
    const description = Array.from({ length: 60 }, (_, index) => (index % 2 ? '.x' : "'yy")).join(' ');
    const page = manPage(new Command('long').description(description), facts);
    const lines = page.split('\n').filter((line) => /yy/.test(line));
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(line).toMatch(/^(\\&[.']|[^.'])/);
  });

  it('puts options below the headings of the help, and those without one last', () => {
    const program = new Command('grouped')
      .addOption(new Option('--a', 'A').helpGroup('First:'))
      .option('--b', 'B');
    const titles = [...manPage(program, facts).matchAll(/^\.(SS|SH) (.*)$/gm)].map(([, , title]) => title);
    expect(titles.slice(3, 6)).toEqual(['OPTIONS', 'First', 'Other']);
  });
});

it('says of each exit status what README.md says', () => {
  const [readme] = readPages();
  const table = readme?.tables.find(({ head }) => head[0] === 'status')?.rows ?? [];
  const said = Object.entries(statusMeanings).map(([status, meaning]) => [
    String(exitStatus[status as keyof typeof exitStatus]),
    meaning,
  ]);
  expect(said.sort(([a], [b]) => Number(a) - Number(b))).toEqual(table);
});

it('names the folders where settings and cache are', ({ skip }) => {
  skip(process.platform !== 'linux', 'THE FOLDERS OF THIS SYSTEM ARE NOT CHECKED');
  const { config, cache } = envPaths('civitdl', { suffix: '' });
  const home = process.env.HOME ?? '';
  const named = settingFiles.map(([path]) => path.replace('~', home));
  expect(named).toContain(`${config}/config.json`);
  expect(named).toContain(`${cache}/`);
});
