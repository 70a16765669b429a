import { join } from 'node:path';
import type { Options } from '../options/options.js';
import { type FoundApp, isApp, TITLES } from '../sorter/apps/app.js';
import { AUTO } from '../sorter/apps/choose-layout.js';
import { expectedApp } from '../sorter/apps/expected-app.js';
import { LAYOUTS } from '../sorter/apps/layouts.js';
import type { ChosenSorter } from './choose-sorter.js';
import type { Emit } from './events.js';
import { rootDirProblem } from './root-dir.js';

interface RootDirectory {
  readonly rootDir: string;
  readonly dryRun: boolean;
}

/**
 * Reports the application of the root directory, unless a typed or stored `basic` ignores it, and what a user may not
 * expect of the root directory or of the sorter.
 */
export function reportRoot(
  { rootDir, dryRun }: RootDirectory,
  { sorter }: Pick<Options, 'sorter'>,
  { found, layout }: Pick<ChosenSorter, 'found' | 'layout'>,
  emit: Emit,
): void {
  if (found && (layout || sorter !== 'basic')) {
    const folder = layout ? undefined : loraFolder(found);
    const other = folder === undefined ? {} : { other: { sorter, folder } };
    emit({ type: 'recognized', app: found, rootDir, layout: layout?.app, ...other });
  }
  const app = found || sorter !== AUTO ? undefined : expectedApp(rootDir);
  if (app) emit({ type: 'not-recognized', app, title: TITLES[app], rootDir });
  // A run that writes has ended before.
  const problem = dryRun ? rootDirProblem(rootDir, true) : undefined;
  if (problem) emit({ type: 'warned-of-run', error: problem });
}

/** A sorter that starts inside the application is what its users want: sub-folders of a folder that it reads. */
function loraFolder({ app, root, place }: FoundApp): string | undefined {
  const folder = isApp(app) && place !== 'inside' ? LAYOUTS[app].folders.lora : undefined;
  return folder === undefined ? undefined : join(root, folder);
}
