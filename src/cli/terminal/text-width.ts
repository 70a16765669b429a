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
