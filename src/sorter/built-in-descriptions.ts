import { APPS, TITLES } from './apps/app.js';

/** The descriptions of the built-in sorters by name. Completion needs them without the sorters. */
export const builtInDescriptions: ReadonlyMap<string, string> = new Map([
  ['auto', 'the folders of the application whose folder the root directory is, elsewhere those of basic'],
  ['basic', 'a folder per model'],
  ['tags', 'folders by base model, tags and model'],
  ...APPS.map((app): [string, string] => [
    app,
    `the folders that ${TITLES[app]} loads from; the root directory is the ${TITLES[app]} folder`,
  ]),
]);
