import stringWidth from 'string-width';
import type { PlanCounts, RunPlan } from '../../download/run-plan.js';
import { formatBytes, stripControlChars } from '../../text.js';
import { count } from '../terminal/format.js';
import type { Layout } from '../terminal/layout.js';
import type { Style } from '../terminal/style.js';
import { tableLines } from '../terminal/table.js';
import { neededSpaceLines, neededSpaceOf } from './plan-report.js';

export interface RunPlanLinesOptions {
  readonly style: Style;
  readonly layout: Layout;
  /** Of the terminal; undefined for lines of any length. */
  readonly columns: number | undefined;
}

/** Formats what a run with lists is going to do: a table of the models by their type, and the space that they need. */
export function runPlanLines(
  plan: RunPlan,
  { style, layout, columns }: RunPlanLinesOptions,
): readonly string[] {
  const { listed, present, missing, types, otherSources } = plan;
  const rows: CountRow[] = types.map(({ type, ...counts }) => [type, counts]);
  if (types.length > 1) rows.push(['all', listed]);
  if (present.versions > 0) rows.push(['already on disk', present]);
  rows.push(['to download', missing]);
  const others = `and ${count(otherSources, 'other source')}, whose models are looked up later`;
  return [
    ...countLines(rows, layout, columns),
    ...(otherSources > 0 ? layout.wrap(others) : []),
    ...neededSpaceLines(neededSpaceOf(plan), style).flatMap((line) => layout.wrap(line, '', '  ')),
  ];
}

type CountRow = readonly [name: string, counts: PlanCounts];

/** Formats a table, or on a terminal that is too narrow for it a sentence for each row. */
function countLines(
  rows: readonly CountRow[],
  layout: Layout,
  columns: number | undefined,
): readonly string[] {
  const cells = cellsOf(rows);
  const numbers = (cells[0] ?? []).flatMap((title, position) => (title === '' ? [] : [position]));
  const table = tableLines(cells, undefined, numbers);
  const isTooWide = columns !== undefined && table.some((line) => stringWidth(line) >= columns);
  return isTooWide ? rows.flatMap((row) => layout.wrap(describeRow(row), '', '  ')) : table;
}

function describeRow([name, { models, versions, files, bytes, unknown }]: CountRow): string {
  const facts = [
    count(models, 'model'),
    versions !== models && count(versions, 'version'),
    unknown < files && formatBytes(bytes),
    unknown > 0 && `${unknown} of unknown size`,
  ];
  return `${stripControlChars(name)}: ${facts.filter(Boolean).join(', ')}`;
}

/** There is one column for models and versions, unless a model has several. */
function cellsOf(rows: readonly CountRow[]): readonly (readonly string[])[] {
  const hasVersions = rows.some(([, { models, versions }]) => models !== versions);
  const cells = rows.map(([name, { models, versions, files, bytes, unknown }]) => [
    name,
    String(models),
    ...(hasVersions ? [String(versions)] : []),
    String(files),
    unknown < files ? formatBytes(bytes) : '',
    unknown > 0 ? `${unknown} of unknown size` : '',
  ]);
  return [['', 'models', ...(hasVersions ? ['versions'] : []), 'files', 'size', ''], ...cells];
}
