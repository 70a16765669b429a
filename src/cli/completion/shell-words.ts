/** A word of a command line, without its quotes. */
export interface ShellWord {
  readonly value: string;
  /** The quotation mark that is still open at its end. */
  readonly quote: Quote;
}

export type Quote = '' | "'" | '"';

/**
 * Splits a command line, up to the cursor, as sh, bash and fish do, and never expands anything in it. The last word is
 * the one at the cursor, and empty after a blank.
 */
export function splitWords(line: string): readonly ShellWord[] {
  const words: ShellWord[] = [];
  let value = '';
  let quote: Quote = '';
  let isWord = false;
  for (let index = 0; index < line.length; index++) {
    const char = line[index] ?? '';
    if (quote === '' && /\s/.test(char)) {
      if (isWord) words.push({ value, quote });
      [value, isWord] = ['', false];
      continue;
    }
    isWord = true;
    if (char === quote) quote = '';
    else if (quote === '' && (char === "'" || char === '"')) quote = char;
    else if (char === '\\' && escapes(quote, line[index + 1])) value += line[++index] ?? '';
    else value += char;
  }
  return [...words, { value, quote }];
}

/** Whether a backslash takes away the meaning of the next character. */
function escapes(quote: Quote, next: string | undefined): boolean {
  if (quote === "'") return false;
  return quote === '' || (next !== undefined && '"\\$`'.includes(next));
}

/** Removes the quotes of a part of a line that begins inside of a quotation. */
export function unquote(text: string, quote: Quote): string {
  return splitWords(quote + text)
    .map(({ value }) => value)
    .join(' ');
}

/** Quotes a text for bash, inside of a quotation if there is one. */
export function quoteForBash(text: string, quote: Quote): string {
  if (quote === "'") return text.replaceAll("'", "'\\''");
  if (quote === '"') return text.replace(/["\\$`]/g, '\\$&');
  return text.replace(/[\s"'\\$`!#&()*;<>?[\]^{|}]/g, '\\$&').replace(/^~/, '\\~');
}

/** Quotes a text as one argument of PowerShell, for which curly quotation marks are quotation marks as well. */
export function quoteForPowerShell(text: string): string {
  return /^[\p{L}\p{N}_=.:/\\+-]+$/u.test(text) ? text : `'${text.replace(/['\u2018-\u201b]/g, '$&$&')}'`;
}
