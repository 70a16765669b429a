import { APPS, type App, TITLES } from './apps/app.js';
import { AppLayout } from './apps/app-layout.js';
import { AUTO } from './apps/choose-layout.js';
import { basic, tags } from './basic.js';
import type { DescribedSorter, Sorter } from './sorter.js';

/** The built-in sorters by name. Their names are reserved. */
export const builtInSorters: ReadonlyMap<string, DescribedSorter> = new Map([
  [
    AUTO,
    {
      description:
        'the folders of the application whose folder the root directory is, elsewhere those of basic',
      // A run uses the layout itself where it finds an application.
      sort: basic,
    },
  ],
  ['basic', { description: 'a folder per model', sort: basic }],
  ['tags', { description: 'folders by base model, tags and model', sort: tags }],
  ...APPS.map((app): [string, DescribedSorter] => [
    app,
    {
      description: `the folders that ${TITLES[app]} loads from; the root directory is the ${TITLES[app]} folder`,
      sort: sorterOf(app),
    },
  ]),
]);

function sorterOf(app: App): Sorter {
  return (model, version, file, root) =>
    new AppLayout({ app, title: TITLES[app], root, settings: { folders: {} } }).place(model, version, file)
      .directories;
}
