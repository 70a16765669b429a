import { join } from 'node:path';
import { configPaths } from '../config/config.js';
import type { Config } from '../config/schema.js';
import { SorterError, UsageError } from '../errors.js';
import { mergeOptions } from '../options.js';
import { type LoadedSorter, loadSorter, type SorterContext, type SorterLocation } from '../sorter/load.js';
import type { SorterWorkerOptions } from '../sorter/worker-sorter.js';
import { stripControlChars } from '../text.js';
import type { Context } from './context.js';
import type { PrintLine } from './print.js';

/**
 * Opens the sorter that the user named.
 * @param print prints a line of output of a sorter file
 * @throws UsageError if the name is unknown, SorterError if the sorter cannot be used
 */
export async function openSorter(
  text: string,
  config: Config,
  context: Context,
  print: PrintLine,
): Promise<LoadedSorter> {
  return loadSorter(text, await sorterPlaces(config, context), threadOptions(context, print));
}

/**
 * Opens the sorter of a run: the typed one, else the default.
 * @throws as `openSorter`; for a default, the error also says how to use another one
 */
export async function openSorterOfRun(
  typed: string | undefined,
  config: Config,
  context: Context,
  print: PrintLine,
): Promise<LoadedSorter> {
  const { sorter } = mergeOptions({ sorter: typed }, config.defaults);
  try {
    return await openSorter(sorter, config, context, print);
  } catch (error) {
    throw typed === undefined ? explainDefault(error) : error;
  }
}

function explainDefault(error: unknown): unknown {
  if (!(error instanceof UsageError || error instanceof SorterError)) return error;
  const message = [
    `Cannot use the default sorter: ${error.message}`,
    "To use another sorter, pass '-s basic' for this run, or run 'civitconfig default -s basic' for all runs.",
  ].join(' ');
  return error instanceof UsageError
    ? new UsageError(error.code, message, { cause: error })
    : new SorterError(error.code, message, { cause: error });
}

/** Returns the folder of the added sorters' files. */
export async function sortersDir(context: Context): Promise<string> {
  return configPaths(await context.configDir()).sorters;
}

async function sorterPlaces({ sorters }: Config, context: Context): Promise<SorterContext> {
  const folder = await sortersDir(context);
  const origins = Object.entries(sorters).map(([name, added]): [string, SorterLocation] => [
    name,
    'template' in added ? added : { path: join(folder, added.file) },
  ]);
  return { added: new Map(origins), cwd: context.cwd, home: context.home };
}

/** Returns the limits of a sorter file's thread, whose output is printed line by line. */
export function threadOptions(
  { sorterTimeoutMs, interrupted }: Context,
  print: PrintLine,
): SorterWorkerOptions {
  return {
    timeoutMs: sorterTimeoutMs,
    signal: interrupted,
    onLine: (line) => print(stripControlChars(line)),
  };
}
