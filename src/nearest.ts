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
