import { join } from 'node:path';
import { plainText } from '../plain-text.js';
import { type LoadedSorter, loadSorter, type SorterOrigin, type SorterPlaces } from '../sorter/load.js';
import type { ThreadOptions } from '../sorter/sorter-thread.js';
import type { Config } from '../store/config.js';
import { placesIn } from '../store/places.js';
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

/** The folder of added sorters. */
export async function sortersDir(context: Context): Promise<string> {
  return placesIn(await context.configDir()).sorters;
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
export function threadOptions({ sorterTimeout, interrupted }: Context, say: Say): ThreadOptions {
  return { timeLimit: sorterTimeout, signal: interrupted, say: (line) => say(plainText(line)) };
}

export function sayOnStderr({ stderr }: Pick<Context, 'stderr'>): Say {
  return (line) => stderr.write(`${line}\n`);
}
