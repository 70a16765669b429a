/**
 * C0 and C1 control characters, line and paragraph separators, and the marks that turn the direction of text or
 * are invisible. The zero-width joiners (U+200C, U+200D) are left: emoji and Persian are wrong without them.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]+/gu;

/** Text from strangers made fit for one line of a terminal: nobody's model name moves the cursor. */
export function stripControlChars(text: string): string {
  return text.replace(UNPRINTABLE, ' ').trim();
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes in decimal units, three digits: `3.15 MB`. */
export function formatBytes(bytes: number): string {
  // Rounded first: 999,999 bytes are 1.00 MB, not 1000 kB.
  const rounded = bytes < 1000 ? bytes : Number(bytes.toPrecision(3));
  const power = rounded < 1 ? 0 : Math.min(Math.floor(Math.log10(rounded) / 3), UNITS.length - 1);
  const value = rounded / 1000 ** power;
  const digits = power === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${UNITS[power]}`;
}

/** The candidate that a typed word was probably meant to be, if any is near enough. */
export function closestMatch(word: string, candidates: Iterable<string>): string | undefined {
  const typed = word.toLowerCase();
  let [best, least]: [string | undefined, number] = [undefined, Math.floor(typed.length / 3) + 1];
  for (const candidate of candidates) {
    const distance = editDistance(typed, candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Letters to add, drop or change until one word is the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [above, letter] of [...from].entries()) {
    const next = [above + 1];
    for (let index = 1; index <= to.length; index++) {
      const [left = 0, up = 0, diagonal = 0] = [next[index - 1], row[index], row[index - 1]];
      next.push(Math.min(left + 1, up + 1, diagonal + (letter === to[index - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
