import { join } from 'node:path';
import { configPaths } from '../config/config.js';
import type { Config } from '../config/schema.js';
import { SorterError, UsageError } from '../errors.js';
import { type LoadedSorter, loadSorter, type SorterContext, type SorterLocation } from '../sorter/load.js';
import type { SorterWorkerOptions } from '../sorter/worker-sorter.js';
import { stripControlChars } from '../text.js';
import { type Context, configDir } from './context.js';
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
  return loadSorter(text, await sorterContext(config, context), threadOptions(context, print));
}

/** Returns the error with advice on how to use another sorter than the default. */
export function explainDefaultSorter(error: unknown): unknown {
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
  return configPaths(await configDir(context)).sorters;
}

async function sorterContext(config: Config, context: Context): Promise<SorterContext> {
  return { added: await addedSorters(config, context), cwd: context.cwd, home: context.home };
}

/** Returns the sorters of the configuration by name. */
export async function addedSorters(
  { sorters }: Config,
  context: Context,
): Promise<ReadonlyMap<string, SorterLocation>> {
  if (Object.keys(sorters).length === 0) return new Map();
  const folder = await sortersDir(context);
  const origins = Object.entries(sorters).map(([name, added]): [string, SorterLocation] => [
    name,
    'template' in added ? added : { path: join(folder, added.file) },
  ]);
  return new Map(origins);
}

/** Returns the limits of a sorter file's thread, whose output is printed line by line. */
export function threadOptions(
  { sorterEnv, sorterTimeoutMs, interrupted }: Context,
  print: PrintLine,
): SorterWorkerOptions {
  return {
    env: sorterEnv,
    timeoutMs: sorterTimeoutMs,
    signal: interrupted,
    onLine: (line) => print(stripControlChars(line)),
  };
}
