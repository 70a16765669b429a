import { join } from 'node:path';
import { mergeOptions } from '../../options.js';
import { builtIn } from '../../sorter/built-in.js';
import type { AddedSorter, Config } from '../../store/config.js';
import { tableLines } from './table.js';

/**
 * All sorters that there are, one a row, with what they say of themselves and a mark at the default one.
 * @param columns of the terminal; undefined where nothing has to fit
 */
export function sorterLines({ defaults, sorters }: Config, columns: number | undefined): readonly string[] {
  const chosen = mergeOptions(defaults).sorter;
  const rows = new Map([
    ...[...builtIn].map(([name, { description }]): [string, string] => [name, description]),
    ...Object.entries(sorters).map(([name, sorter]): [string, string] => [name, describe(sorter)]),
  ]);
  const marked = [...rows].map(([name, description]) => [
    name,
    name === chosen ? `${description} (default)` : description,
  ]);
  const lines = tableLines(marked, columns);
  // The default may also be a path or a template.
  return rows.has(chosen) ? lines : [...lines, ...tableLines([[`${chosen} (default)`]], columns)];
}

function describe(sorter: AddedSorter): string {
  return 'template' in sorter ? `the template ${sorter.template}` : (sorter.description ?? 'no description');
}

/**
 * The same for a program.
 * @param folder of the added sorters' files
 */
export function sortersJson({ defaults, sorters }: Config, folder: string): object {
  return {
    default: mergeOptions(defaults).sorter,
    builtIn: [...builtIn].map(([name, { description }]) => ({ name, description })),
    added: Object.entries(sorters).map(([name, sorter]) => ({
      name,
      ...('file' in sorter ? { ...sorter, file: join(folder, sorter.file) } : sorter),
    })),
  };
}
