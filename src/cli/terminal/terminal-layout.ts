import { sep } from 'node:path';
import stringWidth from 'string-width';
import { type Layout, listLines } from './layout.js';
import { truncateStart, wrap } from './text-width.js';

const INDENT = '  ';
const DEFAULT_COLUMNS = 80;

/**
 * Creates the layout of a terminal, whose width can change. It leaves the last column empty, because some terminals wrap
 * a line that fills it.
 * @param separator a backslash for the shells of Windows, which do not continue a line after one
 */
export function createTerminalLayout(
  terminal: { readonly columns?: number | undefined },
  separator = sep,
): Layout {
  const columns = () => terminal.columns || DEFAULT_COLUMNS;
  return {
    wrap: (text, first = '', rest = first) => {
      const width = columns() - 1 - Math.max(first.length, rest.length);
      return wrap(text, width).map((line, index) => (index === 0 ? first : rest) + line);
    },
    path: (word, path) => `${word} ${truncateStart(path, columns() - 2 - word.length)}`,
    list: (items) => listLines(items, columns(), stringWidth),
    command: (words) =>
      separator === '\\' ? [INDENT + words.join(' ')] : continuedLines(words, columns() - 1),
  };
}

/** Ends each line but the last with a backslash. */
function continuedLines(words: readonly string[], columns: number): readonly string[] {
  const lines: string[] = [];
  let line = INDENT;
  for (const [index, word] of words.entries()) {
    const end = index === words.length - 1 ? '' : ' \\';
    const longer = line.trim() === '' ? line + word : `${line} ${word}`;
    if (line.trim() === '' || stringWidth(longer + end) <= columns) {
      line = longer;
      continue;
    }
    lines.push(`${line} \\`);
    line = INDENT + INDENT + word;
  }
  return [...lines, line];
}
