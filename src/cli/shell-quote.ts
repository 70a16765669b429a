/** Quotes a text as one word of sh, bash or zsh. A word that needs no quotes gets none, so that `~` still works. */
export function shellQuote(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
