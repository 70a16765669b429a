import { sep } from 'node:path';

/** Quotes a text as one word of sh, bash or zsh. A word that needs no quotes gets none, so that `~` still works. */
export function shellQuote(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * Quotes a text as one word of the shell that the user has.
 * @param separator a backslash on Windows
 */
export function quoteWord(word: string, separator = sep): string {
  return separator === '/' ? shellQuote(word) : windowsQuote(word);
}

/**
 * Quotes a text as one word of cmd and PowerShell. For cmd, a single quote is an ordinary character; PowerShell takes
 * `@` and a comma for its own. Programs take backslashes before a quotation mark for its escape, so those are doubled.
 */
function windowsQuote(word: string): string {
  return /^[\w+=:./\\~-]+$/.test(word) ? word : `"${word.replace(/(\\*)("|$)/g, escapeQuote)}"`;
}

function escapeQuote(_match: string, backslashes: string, quote: string): string {
  return `${backslashes}${backslashes}${quote && `\\${quote}`}`;
}
