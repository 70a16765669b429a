import stringWidth from 'string-width';
import { stripControlChars } from '../../text.js';

/** Columns that the last cell needs at least to stand beside the others. */
const NARROWEST = 20;
const GAP = 2;
const INDENT = 4;

/**
 * Rows of cells as aligned lines. Where they have to fit a terminal, the last cell of a row is broken into several
 * lines, below the row where there is no room beside it.
 * @param columns of the terminal; undefined where nothing has to fit
 */
export function tableLines(
  rows: readonly (readonly string[])[],
  columns: number | undefined,
): readonly string[] {
  const cells = rows.map((row) => row.map(stripControlChars));
  const widths = Array.from({ length: Math.max(0, ...cells.map((row) => row.length)) }, (_, index) =>
    Math.max(...cells.map((row) => stringWidth(row[index] ?? ''))),
  );
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP, 0);
  return cells.flatMap((row) => rowLines(row, widths, before, columns ?? Number.POSITIVE_INFINITY));
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
  if (stringWidth(start + last) <= columns) return [(start + last).trimEnd()];
  if (columns - before >= NARROWEST) {
    const [first = '', ...rest] = broken(last, columns - before);
    return [start + first, ...rest.map((line) => ' '.repeat(before) + line)];
  }
  const above = start === '' ? [] : broken(start.trimEnd(), columns);
  return [...above, ...broken(last, columns - INDENT).map((line) => ' '.repeat(INDENT) + line)];
}

/** A text in lines of that width, between words where there are any; a longer word, like a path, is cut. */
function broken(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (stringWidth(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = cut(word, width);
    lines.push(...pieces.slice(0, -1));
    line = pieces.at(-1) ?? '';
  }
  return [...lines, line];
}

function cut(word: string, width: number): readonly string[] {
  const pieces = [''];
  for (const { segment } of new Intl.Segmenter().segment(word)) {
    const last = pieces.length - 1;
    const longer = `${pieces[last]}${segment}`;
    if (stringWidth(longer) <= Math.max(width, 2)) pieces[last] = longer;
    else pieces.push(segment);
  }
  return pieces;
}

/** Columns of a list where nothing has to fit. */
const USUAL_COLUMNS = 100;

const LIST_INDENT = '  ';

/** Many sources in few lines, with commas between them, so that a line can be given to a command as it is. */
export function listLines(sources: readonly string[], columns = USUAL_COLUMNS): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const source of sources.map(stripControlChars)) {
    const longer = line === '' ? source : `${line}, ${source}`;
    if (line !== '' && stringWidth(LIST_INDENT + longer) + 1 >= columns) {
      lines.push(`${line},`);
      line = source;
    } else line = longer;
  }
  return (line === '' ? lines : [...lines, line]).map((text) => LIST_INDENT + text);
}
