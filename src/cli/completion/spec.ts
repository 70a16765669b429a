import type { Argument, Command, Option } from 'commander';
import { optionNames, optionWords, specOf } from '../../options/options.js';
import { longName } from '../program.js';

export type { Command } from 'commander';

/** A command as completion and the man page need it. */
export interface CommandFacts {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionFacts[];
  readonly operands: readonly OperandFacts[];
  readonly subcommands: readonly CommandFacts[];
}

export interface OptionFacts {
  /** Without hyphens. */
  readonly short: string | undefined;
  readonly long: string;
  readonly description: string;
  /** Undefined for a switch. */
  readonly operand: Operand | undefined;
}

interface OperandFacts {
  readonly operand: Operand;
  readonly isVariadic: boolean;
}

/** The possible values of an argument or option. */
export type Operand =
  | { readonly kind: 'words'; readonly words: readonly Word[]; readonly accepts?: Accepts | undefined }
  /** A `folder` can start with an alias. */
  | { readonly kind: 'path' | 'folder' | 'alias' | 'sorter' | 'added sorter' | 'setting value' | 'unknown' };

export interface Word {
  readonly value: string;
  readonly description: string;
}

type Accepts = (text: string) => boolean;

/** By command and argument or long option: what the text in the angle brackets does not tell. */
const OPERANDS: Readonly<Record<string, Exclude<Operand['kind'], 'words'>>> = {
  'civitdl paths': 'folder',
  'civitdl output': 'folder',
  'civitdl sorter': 'sorter',
  'default sorter': 'sorter',
  'default root-dir': 'folder',
  'cache scan': 'folder',
  'alias path': 'folder',
  'alias delete': 'alias',
  'sorter origin': 'path',
  'sorter delete': 'added sorter',
  'set value': 'setting value',
};

/** @param inherited options of the parent command */
export function describeCommand(command: Command, inherited: readonly Option[] = []): CommandFacts {
  const help = command.createHelp();
  const own = help.visibleOptions(command);
  const options = [...own, ...inherited.filter(({ long }) => !own.some((option) => option.long === long))];
  const inheritable = command.options.filter(({ long }) => long !== '--version');
  // Without the command `help`, which commander adds.
  const subcommands = help.visibleCommands(command).filter((other) => command.commands.includes(other));
  return {
    name: command.name(),
    description: command.description(),
    options: options.map((option) => describeOption(option, command.name())),
    operands: command.registeredArguments.map((argument) => ({
      operand: argumentOperand(argument, command.name()),
      isVariadic: argument.variadic,
    })),
    subcommands: subcommands.map((subcommand) => describeCommand(subcommand, inheritable)),
  };
}

function describeOption({ short, long, flags, description }: Option, command: string): OptionFacts {
  const placeholder = /<(?<name>.+?)>/.exec(flags)?.groups?.name;
  const name = (long ?? '').slice(2);
  return {
    short: short?.slice(1),
    long: name,
    description,
    operand: placeholder === undefined ? undefined : optionOperand(name, placeholder, description, command),
  };
}

function optionOperand(long: string, placeholder: string, description: string, command: string): Operand {
  const kind = OPERANDS[`${command} ${long}`];
  if (kind) return { kind };
  const choices = choicesOf(long);
  if (choices) return { ...choices, words: choices.words.map((value) => describeWord(value, description)) };
  if (/path|^dir$|^file$/.test(placeholder)) return { kind: 'path' };
  const words = placeholder.split(',');
  return words.length > 1 && words.every((word) => /^\w+$/.test(word))
    ? { kind: 'words', words: words.map((word) => describeWord(word, description)) }
    : { kind: 'unknown' };
}

interface Choices {
  readonly kind: 'words';
  readonly words: readonly string[];
  readonly accepts?: Accepts;
}

/** Returns the values of an option of the table, or of a word for its numbers. */
function choicesOf(long: string): Choices | undefined {
  const word = optionWords.find(
    ({ flags, values }) => longName(flags) === long && typeof values === 'object',
  );
  if (word) return { kind: 'words', words: Object.keys(word.values) };
  const name = optionNames.find((other) => longName(specOf(other).flags) === long);
  const spec = name && specOf(name);
  if (spec?.kind !== 'text' || !spec.choices) return undefined;
  return { kind: 'words', words: spec.choices, accepts: spec.accepts };
}

/** Finds what a description says of a word: `0: only safe images; 1: ...`. */
function describeWord(value: string, description: string): Word {
  const parts = description.replace(/ \(default: .*\)$/, '').split(/; |: (?=\S+: )/);
  const start = `${value}: `;
  return { value, description: parts.find((part) => part.startsWith(start))?.slice(start.length) ?? '' };
}

function argumentOperand(argument: Argument, command: string): Operand {
  if (argument.argChoices)
    return { kind: 'words', words: argument.argChoices.map((value) => ({ value, description: '' })) };
  return { kind: OPERANDS[`${command} ${argument.name()}`] ?? 'unknown' };
}

/** Returns the values that `civitconfig set` takes for a setting. */
export function settingValues(name: string): Operand {
  if (name === 'sorter') return { kind: 'sorter' };
  if (name === 'root-dir') return { kind: 'folder' };
  const option = optionNames.find((other) => longName(specOf(other).flags) === name);
  const words = optionWords.filter(({ flags, option: other }) =>
    option ? other === option : longName(flags) === name,
  );
  const named = words.flatMap(({ values }) => (typeof values === 'object' ? Object.keys(values) : []));
  const isSwitch = words.some(({ values }) => typeof values !== 'object');
  const spec = option && specOf(option);
  const choices = choicesOf(name)?.words ?? [];
  const all = [...choices, ...named, ...(spec?.kind === 'switch' || isSwitch ? ['on', 'off'] : [])];
  return { kind: 'words', words: [...new Set(all)].map((value) => ({ value, description: '' })) };
}
