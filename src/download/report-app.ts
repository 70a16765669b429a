import { join } from 'node:path';
import { type FoundApp, isApp } from '../sorter/apps/app.js';
import { LAYOUTS } from '../sorter/apps/layouts.js';
import type { ChosenSorter } from './choose-sorter.js';
import type { Emit } from './events.js';

/**
 * Reports the application of the root directory, unless a typed or stored `basic` ignores it.
 * @param sorter as typed or stored
 */
export function reportApp(
  { found, layout }: ChosenSorter,
  sorter: string,
  rootDir: string,
  emit: Emit,
): void {
  if (!found || (!layout && sorter === 'basic')) return;
  const folder = layout ? undefined : loraFolder(found);
  const other = folder === undefined ? {} : { other: { sorter, folder } };
  emit({ type: 'recognized', app: found, rootDir, layout: layout?.app, ...other });
}

/** A sorter that starts inside the application is what its users want: sub-folders of a folder that it reads. */
function loraFolder({ app, root, place }: FoundApp): string | undefined {
  const folder = isApp(app) && place !== 'inside' ? LAYOUTS[app].folders.lora : undefined;
  return folder === undefined ? undefined : join(root, folder);
}
