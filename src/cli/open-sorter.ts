import { join } from 'node:path';
import { configPaths } from '../config/config.js';
import type { Config } from '../config/schema.js';
import { SorterError, UsageError } from '../errors.js';
import { mergeOptions } from '../options.js';
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

/**
 * The sorter of a run: the one that was typed, else the default one.
 * @throws as `openSorter`, saying also where a default one that can't be used comes from, and how to get rid of it
 */
export async function openSorterOfRun(
  typed: string | undefined,
  config: Config,
  context: Context,
  say: Say,
): Promise<LoadedSorter> {
  const { sorter } = mergeOptions({ sorter: typed }, config.defaults);
  try {
    return await openSorter(sorter, config, context, say);
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

/** The folder of added sorters. */
export async function sortersDir(context: Context): Promise<string> {
  return configPaths(await context.configDir()).sorters;
}

async function sorterPlaces({ sorters }: Config, context: Context): Promise<SorterPlaces> {
  const folder = await sortersDir(context);
  const origins = Object.entries(sorters).map(([name, added]): [string, SorterOrigin] => [
    name,
    'template' in added ? added : { path: join(folder, added.file) },
  ]);
  return { added: new Map(origins), cwd: context.cwd, home: context.home };
}

/** How the thread of a sorter's file has to behave. */
export function threadOptions({ sorterTimeoutMs, interrupted }: Context, say: Say): ThreadOptions {
  return { timeLimit: sorterTimeoutMs, signal: interrupted, say: (line) => say(stripControlChars(line)) };
}

export function sayOnStderr({ stderr }: Pick<Context, 'stderr'>): Say {
  return (line) => stderr.write(`${line}\n`);
}
