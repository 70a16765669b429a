import type { AddedSorter, Config } from '../../config/schema.js';
import { mergeOptions } from '../../options/options.js';
import { builtInSorters } from '../../sorter/built-in.js';
import { tableLines } from '../terminal/table.js';

type SorterKind = 'built-in' | 'file' | 'template';

/** A sorter in the list. */
export interface ListedSorter {
  /** The path or template itself, for a default without a name. */
  readonly name: string;
  readonly kind: SorterKind;
  readonly description: string;
  readonly isDefault: boolean;
}

/** Lists all sorters with their descriptions, and the default even if it has no name. */
export function listSorters({ defaults, sorters }: Config): readonly ListedSorter[] {
  const chosen = mergeOptions(defaults).sorter;
  const named = [
    ...[...builtInSorters].map(([name, { description }]) => ({
      name,
      kind: 'built-in' as const,
      description,
    })),
    ...Object.entries(sorters).map(([name, sorter]) => ({
      name,
      kind: kindOf(sorter),
      description: describe(sorter),
    })),
  ].map((sorter) => ({ ...sorter, isDefault: sorter.name === chosen }));
  if (named.some(({ isDefault }) => isDefault)) return named;
  const kind = chosen.includes('{') ? 'template' : 'file';
  return [...named, { name: chosen, kind, description: '', isDefault: true }];
}

function kindOf(sorter: AddedSorter): SorterKind {
  return 'template' in sorter ? 'template' : 'file';
}

function describe(sorter: AddedSorter): string {
  if ('template' in sorter) return `the template ${sorter.template}`;
  return sorter.description ?? 'no description';
}

/** Formats the list of sorters as lines, with a mark at the default. */
export function sorterLines(config: Config, columns: number | undefined): readonly string[] {
  const rows = listSorters(config).map(({ name, description, isDefault }) => {
    const mark = isDefault ? '(default)' : '';
    return description === '' ? [`${name} ${mark}`] : [name, `${description} ${mark}`];
  });
  return tableLines(rows, columns);
}
