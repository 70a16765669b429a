import { Command, CommanderError, Option } from 'commander';
import { UsageError } from '../errors.js';
import { formatValue, type OptionValue, parseValue } from '../option-types.js';
import { type OptionName, optionNames, type PartialOptions, specOf } from '../options.js';
import type { Context } from './context.js';
import { exitStatus, statusOf } from './exit-status.js';

/** A commander program that writes where the context says and throws instead of leaving the process. */
export function createProgram(name: string, { stdout, stderr }: Pick<Context, 'stdout' | 'stderr'>): Command {
  return new Command(name)
    .exitOverride()
    .showHelpAfterError(`(see '${name} --help')`)
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHelpWidth: () => stdout.columns ?? 100,
      getErrHelpWidth: () => stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
}

/** Adds a flag for every option of the table, a switch in both directions. */
export function addOptions(command: Command): Command {
  for (const spec of optionNames.map(specOf)) {
    const description = `${spec.description} (default: ${formatValue(spec, spec.default)})`;
    const option = new Option(spec.flags, description);
    if (spec.kind !== 'switch') option.argParser((text) => parseValue(spec, text));
    command.addOption(option);
    if (spec.kind === 'switch')
      command.addOption(new Option(`--no-${longName(spec.flags)}`).hideHelp(!spec.default));
  }
  return command;
}

/** The options that were typed. */
export function typedOptions(command: Command): PartialOptions {
  const values = command.opts<PartialOptions>();
  return Object.fromEntries(
    optionNames
      .filter((name) => command.getOptionValueSource(name) === 'cli')
      .map((name) => [name, values[name]]),
  );
}

/** The same options as they would be typed. */
export function toArgv(options: PartialOptions): readonly string[] {
  return optionNames.flatMap((name) => toWords(name, options[name]));
}

function toWords(name: OptionName, value: OptionValue | undefined): readonly string[] {
  const spec = specOf(name);
  const long = longName(spec.flags);
  if (value === undefined) return [];
  if (typeof value === 'boolean') return [value ? `--${long}` : `--no-${long}`];
  return [`--${long}`, formatValue(spec, value)];
}

/** `-p, --with-prompt` is `with-prompt`. */
export function longName(flags: string): string {
  return /--(?<long>[a-z-]+)/.exec(flags)?.groups?.long ?? '';
}

/**
 * Parses the arguments, carries out the action that they name, and turns whatever is thrown into words.
 * @param status what the action left
 */
export async function runProgram(
  program: Command,
  argv: readonly string[],
  context: Context,
  status: () => number,
): Promise<number> {
  try {
    await program.parseAsync(argv, { from: 'user' });
    return status();
  } catch (error) {
    // What commander throws it has said itself already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.done : exitStatus.usage;
    return reportProblem(error, context, program.opts<{ verbose?: true; json?: true }>());
  }
}

/** Prints an error that ended a command, as JSON too if a program reads, and returns its exit status. */
async function reportProblem(
  error: unknown,
  { stdout, stderr, env }: Pick<Context, 'stdout' | 'stderr' | 'env'>,
  { verbose, json }: { readonly verbose?: boolean; readonly json?: boolean },
): Promise<number> {
  const [{ errorJson, writeJson }, { describeProblem, describeStack }, { createStyle, wantsColors }] =
    await Promise.all([
      import('./report/json.js'),
      import('./report/error-report.js'),
      import('./terminal/style.js'),
    ]);
  if (json) writeJson(stdout, { type: 'error', error: errorJson(error) });
  const { message, hint } = describeProblem(error);
  const style = createStyle(wantsColors({ stderr, env }, true));
  stderr.write(`${style.bad(message)}\n${hint ? `${hint}\n` : ''}`);
  if (verbose) stderr.write(`${describeStack(error)}\n`);
  return statusOf(error);
}

/** @throws UsageError saying what is missing, unless there are sources and a root directory */
export function splitPaths(paths: readonly string[]): {
  readonly sources: readonly string[];
  readonly root: string;
} {
  const root = paths.at(-1);
  if (root === undefined)
    throw new UsageError(
      'usage',
      'A source and a root directory are missing. Usage: civitdl <source...> <rootdir>',
    );
  if (paths.length === 1) {
    throw new UsageError(
      'usage',
      `A source or the root directory is missing: only '${root}' was given. Usage: civitdl <source...> <rootdir>`,
    );
  }
  return { sources: paths.slice(0, -1), root };
}
