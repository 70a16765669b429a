import stringWidth from 'string-width';
import { stripControlChars } from '../../text.js';
import { wrap } from './text-width.js';

/** Columns that the last cell needs to stay beside the others. */
const MIN_LAST_COLUMNS = 20;
const GAP = 2;
const INDENT = 4;

/**
 * Formats rows of cells as aligned lines. To fit the terminal, it wraps the last cell of a row, beside the others or, if
 * they leave too little space, below them.
 * @param columns of the terminal; undefined for lines of any length
 * @param numbers positions of the cells that are aligned on the right
 */
export function tableLines(
  rows: readonly (readonly string[])[],
  columns: number | undefined,
  numbers: readonly number[] = [],
): readonly string[] {
  const cells = rows.map((row) => row.map(stripControlChars));
  const widths = Array.from({ length: Math.max(0, ...cells.map((row) => row.length)) }, (_, index) =>
    Math.max(...cells.map((row) => stringWidth(row[index] ?? ''))),
  );
  const alignRight = (cell: string, index: number) =>
    numbers.includes(index) ? ' '.repeat((widths[index] ?? 0) - stringWidth(cell)) + cell : cell;
  const aligned = cells.map((row) => row.map(alignRight));
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP, 0);
  return aligned.flatMap((row) => rowLines(row, widths, before, columns ?? Number.POSITIVE_INFINITY));
}

function rowLines(
  row: readonly string[],
  widths: readonly number[],
  before: number,
  columns: number,
): readonly string[] {
  const start = row
    .slice(0, -1)
    .map((cell, index) => cell + ' '.repeat((widths[index] ?? 0) + GAP - stringWidth(cell)))
    .join('');
  const last = row.at(-1) ?? '';
  const line = (start + last).trimEnd();
  if (stringWidth(line) <= columns) return [line];
  if (columns - before >= MIN_LAST_COLUMNS) {
    const [first = '', ...rest] = wrap(last, columns - before);
    return [start + first, ...rest.map((line) => ' '.repeat(before) + line)];
  }
  return [...linesAbove(start.trimEnd(), columns), ...indent(wrap(last, columns - INDENT))];
}

function linesAbove(start: string, columns: number): readonly string[] {
  if (start === '') return [];
  if (stringWidth(start) <= columns) return [start];
  const [first = '', ...rest] = wrap(start, columns - INDENT);
  return [first, ...indent(rest)];
}

function indent(lines: readonly string[]): readonly string[] {
  return lines.map((line) => ' '.repeat(INDENT) + line);
}
