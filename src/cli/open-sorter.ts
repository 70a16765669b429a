import { join } from 'node:path';
import { configPaths } from '../config/config.js';
import type { Config } from '../config/schema.js';
import { SorterError, UsageError } from '../errors.js';
import { type LoadedSorter, loadSorter, type SorterOrigin, type SorterPlaces } from '../sorter/load.js';
import type { ThreadOptions } from '../sorter/worker-sorter.js';
import { stripControlChars } from '../text.js';
import type { Context } from './context.js';

type Say = (line: string) => void;

/**
 * The sorter that a text means for this user.
 * @param say gets what a sorter's file prints
 * @throws UsageError when it means none, SorterError when it can't be used
 */
export async function openSorter(
  text: string,
  config: Config,
  context: Context,
  say: Say,
): Promise<LoadedSorter> {
  return loadSorter(text, await sorterPlaces(config, context), threadOptions(context, say));
}

/** Says where a default sorter that cannot be used comes from, and how to use another one. */
export function explainDefaultSorter(error: unknown): unknown {
  if (!(error instanceof UsageError || error instanceof SorterError)) return error;
  const message = [
    `The default sorter can't be used: ${error.message}`,
    "'-s basic' uses another one in this run, 'civitconfig default -s basic' from now on.",
  ].join(' ');
  return error instanceof UsageError
    ? new UsageError(error.code, message, { cause: error })
    : new SorterError(error.code, message, { cause: error });
}

/** The folder of added sorters. */
export async function sortersDir(context: Context): Promise<string> {
  return configPaths(await context.configDir()).sorters;
}

async function sorterPlaces(config: Config, context: Context): Promise<SorterPlaces> {
  return { added: await addedSorters(config, context), cwd: context.cwd, home: context.home };
}

/** The sorters of the configuration by name. */
export async function addedSorters(
  { sorters }: Config,
  context: Context,
): Promise<ReadonlyMap<string, SorterOrigin>> {
  const folder = await sortersDir(context);
  const origins = Object.entries(sorters).map(([name, added]): [string, SorterOrigin] => [
    name,
    'template' in added ? added : { path: join(folder, added.file) },
  ]);
  return new Map(origins);
}

/** How the thread of a sorter's file has to behave. */
export function threadOptions({ sorterTimeoutMs, interrupted }: Context, say: Say): ThreadOptions {
  return { timeLimit: sorterTimeoutMs, signal: interrupted, say: (line) => say(stripControlChars(line)) };
}

export function sayOnStderr({ stderr }: Pick<Context, 'stderr'>): Say {
  return (line) => stderr.write(`${line}\n`);
}
