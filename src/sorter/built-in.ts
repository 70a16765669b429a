import { type App, isApp, TITLES } from './apps/app.js';
import { AppLayout } from './apps/app-layout.js';
import { basic, tags } from './basic.js';
import { builtInDescriptions } from './built-in-descriptions.js';
import type { DescribedSorter, Sorter } from './sorter.js';

/** The built-in sorters by name. Their names are reserved. */
export const builtInSorters: ReadonlyMap<string, DescribedSorter> = new Map(
  [...builtInDescriptions].map(([name, description]) => [name, { description, sort: sorterOf(name) }]),
);

function sorterOf(name: string): Sorter {
  if (isApp(name)) return layoutOf(name);
  // `auto` as well: a run uses the layout itself where it finds an application.
  return name === 'tags' ? tags : basic;
}

function layoutOf(app: App): Sorter {
  return (model, version, file, root) =>
    new AppLayout({ app, title: TITLES[app], root, settings: { folders: {} } }).place(model, version, file)
      .directories;
}
