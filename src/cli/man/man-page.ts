import type { Command, Option } from 'commander';
import { optionNames, optionWords, specOf } from '../../options/options.js';
import { homepage } from '../../version.js';
import { exitStatus } from '../exit-status.js';
import type { Rows } from '../help.js';
import { longName } from '../program.js';
import { statusMeanings } from './facts.js';
import { bold, entryLines, escapeCode, formatUsage, textLines } from './roff.js';

/** What a man page has besides the definition of its command. */
export interface ManFacts {
  readonly version: string;
  /** As YYYY-MM-DD. */
  readonly date: string;
  /** What the command does, without its name: the line that `apropos` shows. */
  readonly summary: string;
  readonly examples: Rows;
  readonly variables: Rows;
  readonly files: Rows;
  /** Names of other pages. */
  readonly related: readonly string[];
}

/** Returns the man page of a command, in the macros of man(7). */
export function manPage(program: Command, facts: ManFacts): string {
  const name = program.name();
  const lines = [
    `.TH ${name.toUpperCase()} 1 "${facts.date}" "civitdl ${facts.version}" "User Commands"`,
    '.SH NAME',
    `${escapeCode(name)} \\- ${facts.summary}`,
    '.SH SYNOPSIS',
    ...usageLines(program),
    '.SH DESCRIPTION',
    ...textLines(program.description()),
    ...argumentLines(program),
    ...optionSections(program),
    ...subcommandLines(program),
    ...rows('EXIT STATUS', statusRows),
    ...rows('ENVIRONMENT', facts.variables),
    ...rows('FILES', facts.files),
    '.SH EXAMPLES',
    ...facts.examples.flatMap(([command, text]) => entryLines(bold(command), text)),
    '.SH SEE ALSO',
    ...facts.related.map((other) => `.BR ${other} (1),`),
    `.UR ${homepage}`,
    'The pages of civitdl',
    '.UE',
  ];
  return `${lines.join('\n')}\n`;
}

const statusRows: Rows = Object.entries(statusMeanings).map(([status, meaning]) => [
  String(exitStatus[status as keyof typeof exitStatus]),
  meaning,
]);

function rows(title: string, entries: Rows): readonly string[] {
  return [`.SH ${title}`, ...entries.flatMap(([term, text]) => entryLines(termOf(term), text))];
}

/** A term may have something in angle brackets. */
function termOf(term: string): string {
  return term.startsWith('<') ? formatUsage(term) : bold(term);
}

/** Formats the forms of a command. Below the first one, each has its name. */
function usageLines(command: Command): readonly string[] {
  const names = command.parent ? `${command.parent.name()} ${command.name()}` : command.name();
  return `${names} ${command.usage()}`.split('\n').flatMap((line, index) => {
    const { name = '', usage = '' } = /^(?<name>[^[<]*)(?<usage>.*)$/.exec(line.trim())?.groups ?? {};
    return [...(index > 0 ? ['.br'] : []), `${bold(name.trim())} ${formatUsage(usage)}`];
  });
}

function argumentLines(command: Command): readonly string[] {
  const described = command.registeredArguments.filter(({ description }) => description !== '');
  return described.flatMap((argument) => {
    const { description, argChoices = [] } = argument;
    const choices = argChoices.length === 0 ? '' : `: ${argChoices.join(', ')}`;
    return entryLines(`\\fI${escapeCode(argument.name())}\\fR`, description + choices);
  });
}

/** Returns a section with a part for each group of the help. */
function optionSections(program: Command): readonly string[] {
  const groups = new Map<string, Option[]>();
  for (const option of program.createHelp().visibleOptions(program)) {
    const title = (option.helpGroupHeading ?? '').replace(/:$/, '');
    groups.set(title, [...(groups.get(title) ?? []), option]);
  }
  // Those without a group come last, as in the help.
  const { '': others = [], ...named } = Object.fromEntries(groups);
  return [
    '.SH OPTIONS',
    ...(Object.keys(named).length === 0 ? [] : Object.entries(named).flatMap(groupLines)),
    ...(Object.keys(named).length === 0 ? others.flatMap(optionLines) : groupLines(['Other', others])),
  ];
}

function groupLines([title, options]: readonly [
  title: string,
  options: readonly Option[],
]): readonly string[] {
  return options.length === 0 ? [] : [`.SS ${title}`, ...options.flatMap(optionLines)];
}

function optionLines({ flags, description }: Option): readonly string[] {
  return entryLines(formatUsage(flags), description || 'turns it off');
}

function subcommandLines(program: Command): readonly string[] {
  const help = program.createHelp();
  const commands = help.visibleCommands(program).filter((other) => program.commands.includes(other));
  if (commands.length === 0) return [];
  return ['.SH COMMANDS', ...commands.flatMap(commandLines)];
}

function commandLines(command: Command): readonly string[] {
  const options = command
    .createHelp()
    .visibleOptions(command)
    .filter(({ long }) => long !== '--help');
  const own = options.filter((option) => !isInTable(option));
  const shared = options.filter(isInTable).map(({ long }) => long ?? '');
  return [
    `.SS ${bold(`${command.parent?.name()} ${command.name()}`)} ${formatUsage(command.usage())}`,
    ...textLines(command.description()),
    ...argumentLines(command),
    ...own.flatMap(optionLines),
    ...(shared.length === 0
      ? []
      : ['.PP', ...textLines(`These options are described in civitdl(1): ${shared.join(', ')}.`)]),
  ];
}

/** Whether an option is also one of `civitdl`, whose page describes it. */
function isInTable({ long }: Option): boolean {
  const flags = [...optionNames.map((name) => specOf(name).flags), ...optionWords.map((word) => word.flags)];
  const name = longName(long ?? '').replace(/^no-/, '');
  return flags.some((other) => longName(other).replace(/^no-/, '') === name);
}
