import { Command, CommanderError, Option } from 'commander';
import { UsageError } from '../errors.js';
import { formatValue, type OptionValue, parseValue } from '../option-types.js';
import { type OptionName, optionNames, type PartialOptions, specOf } from '../options.js';
import type { Context, StandardOutputs } from './context.js';
import { exitStatus, statusOf } from './exit-status.js';
import type { Layout } from './terminal/layout.js';

/** Creates a commander program that writes to these outputs, and throws instead of exiting the process. */
export function createProgram(name: string, { stdout, stderr }: StandardOutputs): Command {
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

/** Adds a flag for each option of the table, and for each switch its negative form. */
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
  try {
    await program.parseAsync(argv, { from: 'user' });
    return status();
  } catch (error) {
    // Commander has printed its own errors already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.done : exitStatus.usage;
    return reportError(error, context, program.opts<{ verbose?: true; json?: true }>());
  }
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

/**
 * Splits the arguments into sources and the root directory, which is the last one.
 * @throws UsageError naming what is missing
 */
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
