import { mergeOptions } from '../../options.js';
import { plainText } from '../../plain-text.js';
import { builtIn } from '../../sorter/built-in.js';
import type { AddedSorter, Config } from '../../store/config.js';

/** All sorters that there are, one a line, with what they say of themselves and a mark at the default one. */
export function sorterLines({ defaults, sorters }: Config): readonly string[] {
  const chosen = mergeOptions(defaults).sorter;
  const rows = new Map([
    ...[...builtIn].map(([name, { description }]): [string, string] => [name, description]),
    ...Object.entries(sorters ?? {}).map(([name, sorter]): [string, string] => [name, describe(sorter)]),
  ]);
  const width = Math.max(...[...rows.keys()].map((name) => name.length)) + 2;
  const lines = [...rows].map(
    ([name, description]) => `${name.padEnd(width)}${description}${name === chosen ? ' (default)' : ''}`,
  );
  // The default may also be a path or a template.
  return [...lines, ...(rows.has(chosen) ? [] : [`${chosen} (default)`])].map(plainText);
}

function describe(sorter: AddedSorter): string {
  return 'template' in sorter ? `the template ${sorter.template}` : (sorter.description ?? 'no description');
}
