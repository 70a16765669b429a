import { stripControlChars } from '../../text.js';

/**
 * Fits texts to the width of an output. Only the layout of a terminal needs the widths of characters, whose tables take
 * 25 ms to load: see terminal-layout.ts.
 */
export interface Layout {
  /**
   * Wraps a text between words.
   * @param first put before the first line
   * @param rest put before the other lines, the same by default
   */
  wrap(text: string, first?: string, rest?: string): readonly string[];
  /** Formats a path after a word, and cuts it at its beginning if it is too long. */
  path(word: string, path: string): string;
  /** Formats a list with commas. Each line is indented, and can be copied into a command as it is. */
  list(items: readonly string[]): readonly string[];
  /** Wraps a command between its words, so that it can still be copied. */
  command(words: readonly string[]): readonly string[];
}

const INDENT = '  ';
const LIST_COLUMNS = 100;

/** The layout of a log: lines have any length. */
export const logLayout: Layout = {
  wrap: (text, first = '') => [first + text],
  path: (word, path) => `${word} ${path}`,
  list: (items) => listLines(items, LIST_COLUMNS, (text) => text.length),
  command: (words) => [INDENT + words.join(' ')],
};

/** Formats a list as lines that are shorter than the columns. */
export function listLines(
  items: readonly string[],
  columns: number,
  widthOf: (text: string) => number,
): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const item of items.map(stripControlChars)) {
    const longer = line === '' ? item : `${line}, ${item}`;
    if (line !== '' && widthOf(INDENT + longer) + 1 >= columns) {
      lines.push(`${line},`);
      line = item;
    } else line = longer;
  }
  return (line === '' ? lines : [...lines, line]).map((text) => INDENT + text);
}
