import type { AddedSorter, Config } from '../../config/schema.js';
import { mergeOptions } from '../../options.js';
import { builtInSorters } from '../../sorter/built-in.js';
import { tableLines } from '../terminal/table.js';

/** A sorter as a list has it. */
export interface ListedSorter {
  /** For a default that has none, the path or template itself. */
  readonly name: string;
  readonly kind: 'built-in' | 'file' | 'template';
  readonly description: string;
  readonly isDefault: boolean;
}

/** All sorters that there are, with what they say of themselves. */
export function sortersOf({ defaults, sorters }: Config): readonly ListedSorter[] {
  const chosen = mergeOptions(defaults).sorter;
  const known = [
    ...[...builtInSorters].map(([name, { description }]) => ({
      name,
      kind: 'built-in' as const,
      description,
    })),
    ...Object.entries(sorters).map(([name, sorter]) => ({ name, ...describe(sorter) })),
  ].map((sorter) => ({ ...sorter, isDefault: sorter.name === chosen }));
  if (known.some(({ isDefault }) => isDefault)) return known;
  const kind = chosen.includes('{') ? 'template' : 'file';
  return [...known, { name: chosen, kind, description: '', isDefault: true }];
}

/** The same in lines, with a mark at the default one. */
export function sorterLines(config: Config, columns: number | undefined): readonly string[] {
  const rows = sortersOf(config).map(({ name, description, isDefault }) => {
    const mark = isDefault ? '(default)' : '';
    // The default may also be a path or a template.
    return description === '' ? [`${name} ${mark}`] : [name, `${description} ${mark}`];
  });
  return tableLines(rows, columns);
}

function describe(sorter: AddedSorter): Pick<ListedSorter, 'kind' | 'description'> {
  return 'template' in sorter
    ? { kind: 'template', description: `the template ${sorter.template}` }
    : { kind: 'file', description: sorter.description ?? 'no description' };
}
