import stringWidth from 'string-width';
import { stripControlChars } from '../../text.js';

/** Columns that the last cell needs to stay beside the others. */
const MIN_LAST_COLUMNS = 20;
const GAP = 2;
const INDENT = 4;

const DEFAULT_LIST_COLUMNS = 100;
const LIST_INDENT = '  ';

/**
 * Formats rows of cells as aligned lines. To fit the terminal, it wraps the last cell of a row, beside the others or, if
 * they leave too little space, below them.
 * @param columns of the terminal; undefined for lines of any length
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

/** Formats a list with commas. Each line is indented, and can be copied into a command as it is. */
export function listLines(items: readonly string[], columns = DEFAULT_LIST_COLUMNS): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const item of items.map(stripControlChars)) {
    const longer = line === '' ? item : `${line}, ${item}`;
    if (line !== '' && stringWidth(LIST_INDENT + longer) + 1 >= columns) {
      lines.push(`${line},`);
      line = item;
    } else line = longer;
  }
  return (line === '' ? lines : [...lines, line]).map((text) => LIST_INDENT + text);
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
  if (columns - before >= MIN_LAST_COLUMNS) {
    const [first = '', ...rest] = wrap(last, columns - before);
    return [start + first, ...rest.map((line) => ' '.repeat(before) + line)];
  }
  const above = start === '' ? [] : wrap(start.trimEnd(), columns);
  return [...above, ...wrap(last, columns - INDENT).map((line) => ' '.repeat(INDENT) + line)];
}

/** Wraps a text between words, and splits a word that is longer than a line, like a path. */
function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (stringWidth(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    const parts = splitWord(word, width);
    lines.push(...parts.slice(0, -1));
    line = parts.at(-1) ?? '';
  }
  return [...lines, line];
}

function splitWord(word: string, width: number): readonly string[] {
  const parts = [''];
  for (const { segment } of new Intl.Segmenter().segment(word)) {
    const last = parts.length - 1;
    const longer = `${parts[last]}${segment}`;
    if (stringWidth(longer) <= Math.max(width, 2)) parts[last] = longer;
    else parts.push(segment);
  }
  return parts;
}
