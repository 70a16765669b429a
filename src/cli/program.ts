import { Command, CommanderError, Help, Option } from 'commander';
import { UsageError } from '../errors.js';
import { formatValue, type OptionValue, parseValue, type WordSpec } from '../options/option-types.js';
import {
  type OptionName,
  optionNames,
  optionWords,
  type PartialOptions,
  specOf,
} from '../options/options.js';
import type { Context, StandardOutputs } from './context.js';
import { exitStatus, statusOf } from './exit-status.js';
import type { Layout } from './terminal/layout.js';
import { findTypedKey, redactKeys } from './typed-key.js';

const DEFAULT_HELP_COLUMNS = 80;
/** Narrower texts are not wrapped. */
const MIN_HELP_COLUMNS = 20;
/** Columns that a description needs beside its option. */
const MIN_BESIDE_COLUMNS = 40;
/** Columns before and after an option. */
const HELP_GAPS = 4;
const BELOW = ' '.repeat(6);

/**
 * Creates a commander program that writes to these outputs, and throws instead of exiting the process.
 * @param parent the name of the command that its name follows
 */
export function createProgram(name: string, { stdout, stderr }: StandardOutputs, parent?: string): Command {
  const program = new Command(name);
  if (parent !== undefined) new Command(parent).addCommand(program);
  return program
    .exitOverride()
    .configureHelp({ minWidthToWrap: MIN_HELP_COLUMNS, formatItem: formatHelpItem })
    .showHelpAfterError(`(see '${parent === undefined ? '' : `${parent} `}${name} --help')`)
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(redactKeys(text)),
      outputError: (text, write) => write(withSuggestion(text)),
      getOutHelpWidth: () => stdout.columns ?? 100,
      getErrHelpWidth: () => stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
}

/** Formats an option as commander does, or on a narrow terminal with its description below. */
function formatHelpItem(this: Help, term: string, termWidth: number, text: string, helper: Help): string {
  const columns = this.helpWidth ?? DEFAULT_HELP_COLUMNS;
  if (text === '' || columns - termWidth - HELP_GAPS >= MIN_BESIDE_COLUMNS)
    return Help.prototype.formatItem.call(this, term, termWidth, text, helper);
  const lines = helper.boxWrap(text, columns - 1 - BELOW.length).split('\n');
  return [`  ${term}`, ...lines.map((line) => BELOW + line)].join('\n');
}

/** Adds what commander cannot suggest, because it is not one similar option. */
function withSuggestion(message: string): string {
  return message.replace("unknown option '--all-versions'", '$&\n(Did you mean --versions all?)');
}

/** Adds a flag for each of these options, for each switch its negative form, and the words for numbers. */
export function addOptions(command: Command, names: readonly OptionName[] = optionNames): Command {
  for (const name of names) {
    const spec = specOf(name);
    const defaultText = formatValue(spec, spec.default);
    const description = `${spec.description}${defaultText === '' ? '' : ` (default: ${defaultText})`}`;
    const option = new Option(spec.flags, description).helpGroup(spec.group);
    if (spec.kind !== 'switch') option.argParser((text) => parseValue(spec, text));
    command.addOption(option);
    if (spec.kind === 'switch')
      command.addOption(
        new Option(`--no-${longName(spec.flags)}`).helpGroup(spec.group).hideHelp(!spec.default),
      );
    for (const word of optionWords.filter((other) => other.option === name))
      command.addOption(createWordOption(word));
  }
  return command;
}

/** Sets the value of the option that it is a word for: of several forms, the last one that is typed counts. */
function createWordOption({ flags, description, group, option: name, values }: WordSpec<OptionName>): Option {
  const option = new Option(flags, description).helpGroup(group);
  option.attributeName = () => name;
  if (typeof values !== 'object') return option.preset(values);
  return option.argParser((word) => parseWord(flags, values, word));
}

function parseWord(flags: string, values: Readonly<Record<string, OptionValue>>, word: string): OptionValue {
  const value = Object.hasOwn(values, word) ? values[word] : undefined;
  if (value !== undefined) return value;
  throw new UsageError('usage', `${flags}: '${word}' is not one of ${Object.keys(values).join(', ')}.`);
}

/** Returns the options that were typed. */
export function typedOptions(command: Command): PartialOptions {
  const values = command.opts<PartialOptions>();
  return Object.fromEntries(
    optionNames
      .filter((name) => command.getOptionValueSource(name) === 'cli')
      .map((name) => [name, values[name]]),
  );
}

/** Returns the arguments that set these options. */
export function toArgv(options: PartialOptions): readonly string[] {
  return optionNames.flatMap((name) => optionArgv(name, options[name]));
}

function optionArgv(name: OptionName, value: OptionValue | undefined): readonly string[] {
  const spec = specOf(name);
  const long = longName(spec.flags);
  if (value === undefined) return [];
  if (typeof value === 'boolean') return [value ? `--${long}` : `--no-${long}`];
  return [`--${long}`, formatValue(spec, value)];
}

/** Returns the long name in flags: `with-prompt` in `-p, --with-prompt`. */
export function longName(flags: string): string {
  return /--(?<long>[a-z-]+)/.exec(flags)?.groups?.long ?? '';
}

export const ROOT_DIR = 'root-dir';
export const API_KEY = 'api-key';

/** Names of all settings, for messages and completion. */
export const settingNames: readonly string[] = [
  ...optionNames.map((name) => longName(specOf(name).flags)),
  ROOT_DIR,
  API_KEY,
];

/**
 * Parses the arguments, runs the action, and prints any error.
 * @param status returns the exit status of the action
 */
export async function runProgram(
  program: Command,
  argv: readonly string[],
  context: Context,
  status: () => number,
): Promise<number> {
  const typedKey = findTypedKey(argv);
  if (typedKey) return reportError(typedKey, context, { json: argv.includes('--json') });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return status();
  } catch (error) {
    const json = isJson(argv);
    if (error instanceof CommanderError) return endOf(error, json, context);
    return reportError(error, context, { ...program.opts<{ verbose?: true }>(), json });
  }
}

/** Whether `--json` was typed, perhaps after the argument that ended the parsing. */
function isJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end < 0 ? argv.length : end).includes('--json');
}

/** Returns the exit status of an error of commander, which has printed it already, but not as JSON. */
async function endOf(
  { code, message, exitCode }: CommanderError,
  json: boolean,
  { stdout }: Context,
): Promise<number> {
  if (exitCode === 0) return exitStatus.done;
  if (json) {
    const { errorJson, writeJson } = await import('./report/json.js');
    const text =
      code === 'commander.help'
        ? 'A subcommand is missing.'
        : withSuggestion(message).replace(/^error: /, '');
    writeJson(stdout, { type: 'error', error: errorJson(new UsageError('usage', text)) });
  }
  return exitStatus.usage;
}

/** Prints an error that ended a command, with `--json` as JSON as well, and returns its exit status. */
async function reportError(
  error: unknown,
  { stdout, stderr, env }: Context,
  { verbose, json }: { readonly verbose?: boolean; readonly json?: boolean },
): Promise<number> {
  const [
    { errorJson, writeJson },
    { describeProblem, describeStack },
    { createStyle, wantsColors },
    { openLayout },
  ] = await Promise.all([
    import('./report/json.js'),
    import('./report/error-report.js'),
    import('./terminal/style.js'),
    import('./terminal/open-layout.js'),
  ]);
  if (json) writeJson(stdout, { type: 'error', error: errorJson(error) });
  const { message, hint } = describeProblem(error);
  const style = createStyle(wantsColors({ stderr, env }, true));
  const layout = await openLayout({ stderr, env });
  const lines = [...wrapLines(message, layout).map(style.bad), ...(hint ? layout.wrap(hint) : [])];
  stderr.write(`${lines.join('\n')}\n`);
  if (verbose) stderr.write(`${describeStack(error)}\n`);
  return statusOf(error);
}

/** Wraps each line of a message, which has one for each wrong argument. */
function wrapLines(message: string, layout: Layout): readonly string[] {
  return message.split('\n').flatMap((line) => layout.wrap(line, '', '  '));
}
