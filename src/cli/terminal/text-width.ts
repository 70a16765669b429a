import stringWidth from 'string-width';

const ELLIPSIS = '…';
const segmenter = new Intl.Segmenter();

/** Shortens a text to a number of terminal columns, and ends it with an ellipsis if it was longer. */
export function truncate(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  if (columns < 1) return '';
  let kept = '';
  let width = stringWidth(ELLIPSIS);
  for (const { segment } of segmenter.segment(text)) {
    width += stringWidth(segment);
    if (width > columns) break;
    kept += segment;
  }
  return kept.trimEnd() + ELLIPSIS;
}

/** Shortens a text at its beginning, for a path whose end says more. */
export function truncateStart(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  if (columns < 1) return '';
  let kept = '';
  let width = stringWidth(ELLIPSIS);
  for (const { segment } of [...segmenter.segment(text)].reverse()) {
    width += stringWidth(segment);
    if (width > columns) break;
    kept = segment + kept;
  }
  return ELLIPSIS + kept.trimStart();
}

/** Below that many columns, the name alone tells more than its beginning with the version. */
const MIN_COLUMNS_OF_VERSION = 20;

/** Shortens `name version` in the name, unless the version takes most of the columns. */
export function truncateName(name: string, version: string, columns: number): string {
  const full = `${name} ${version}`.trim();
  const rest = columns - stringWidth(version) - 1;
  return stringWidth(full) <= columns || rest < columns / 2 || columns < MIN_COLUMNS_OF_VERSION
    ? truncate(full, columns)
    : `${truncate(name, rest)} ${version}`;
}

/** Returns the first text that fits, else the last one, shortened. */
export function fitAny(texts: readonly string[], columns: number): string {
  return texts.find((text) => stringWidth(text) <= columns) ?? truncate(texts.at(-1) ?? '', columns);
}

/** Wraps a text between words, and splits a word that is longer than a line, like a path. */
export function wrap(text: string, width: number): readonly string[] {
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
  for (const { segment } of segmenter.segment(word)) {
    const last = parts.length - 1;
    const longer = `${parts[last]}${segment}`;
    if (stringWidth(longer) <= Math.max(width, 2)) parts[last] = longer;
    else parts.push(segment);
  }
  return parts;
}

/** Shortens or fills a text to exactly a number of terminal columns. */
export function pad(text: string, columns: number): string {
  const fitting = truncate(text, columns);
  return fitting + ' '.repeat(Math.max(0, columns - stringWidth(fitting)));
}

/** Counts the rows that a line takes on a terminal that wraps it: a wide character is never split. */
export function wrappedRows(text: string, columns: number): number {
  if (stringWidth(text) <= columns) return 1;
  let rows = 1;
  let column = 0;
  for (const { segment } of segmenter.segment(text)) {
    const width = stringWidth(segment);
    if (column + width > columns) {
      rows++;
      column = 0;
    }
    column += width;
  }
  return rows;
}
