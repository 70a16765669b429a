/**
 * C0 and C1 control characters, line and paragraph separators, direction marks and invisible characters. The zero-width
 * joiners (U+200C, U+200D) stay: emoji and Persian need them.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]+/gu;

/** Makes foreign text safe for one line of a terminal, so that a model's name cannot move the cursor. */
export function stripControlChars(text: string): string {
  return text.replace(UNPRINTABLE, ' ').trim();
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Formats bytes in decimal units with three digits: `3.15 MB`. */
export function formatBytes(bytes: number): string {
  // Rounded first: 999,999 bytes are 1.00 MB, not 1000 kB.
  const rounded = bytes < 1000 ? bytes : Number(bytes.toPrecision(3));
  const power = rounded < 1 ? 0 : Math.min(Math.floor(Math.log10(rounded) / 3), BYTE_UNITS.length - 1);
  const value = rounded / 1000 ** power;
  const digits = power === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${BYTE_UNITS[power]}`;
}

/** Returns the candidate that is most similar to a typed word; undefined if none is similar enough. */
export function closestMatch(word: string, candidates: Iterable<string>): string | undefined {
  const typed = word.toLowerCase();
  let best: string | undefined;
  let minDistance = Math.floor(typed.length / 3) + 1;
  for (const candidate of candidates) {
    const distance = levenshteinDistance(typed, candidate.toLowerCase());
    if (distance < minDistance) [best, minDistance] = [candidate, distance];
  }
  return best;
}

function levenshteinDistance(from: string, to: string): number {
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
