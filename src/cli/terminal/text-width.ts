import stringWidth from 'string-width';

const ELLIPSIS = '…';

/** A text cut so that it takes no more than that many columns of a terminal, with a sign where something is missing. */
export function truncate(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  let kept = '';
  let width = stringWidth(ELLIPSIS);
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    width += stringWidth(segment);
    if (width > columns) break;
    kept += segment;
  }
  return columns < 1 ? '' : kept.trimEnd() + ELLIPSIS;
}

/** The same, with blanks up to that many columns. */
export function pad(text: string, columns: number): string {
  const fitting = truncate(text, columns);
  return fitting + ' '.repeat(Math.max(0, columns - stringWidth(fitting)));
}

/** Rows of a terminal that a text takes where it is wrapped at that many columns: a wide character is never halved. */
export function wrappedRows(text: string, columns: number): number {
  if (stringWidth(text) <= columns) return 1;
  let rows = 1;
  let column = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const width = stringWidth(segment);
    if (column + width > columns) {
      rows++;
      column = 0;
    }
    column += width;
  }
  return rows;
}
