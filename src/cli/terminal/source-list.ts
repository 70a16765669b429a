import stringWidth from 'string-width';
import { stripControlChars } from '../../text.js';

/** Columns of a list where nothing has to fit. */
const USUAL_COLUMNS = 100;
const INDENT = '  ';

/** Many sources in few lines, with commas between them, so that a line can be given to a command as it is. */
export function listLines(sources: readonly string[], columns = USUAL_COLUMNS): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const source of sources.map(stripControlChars)) {
    const longer = line === '' ? source : `${line}, ${source}`;
    if (line !== '' && stringWidth(INDENT + longer) + 1 >= columns) {
      lines.push(`${line},`);
      line = source;
    } else line = longer;
  }
  return (line === '' ? lines : [...lines, line]).map((text) => INDENT + text);
}
