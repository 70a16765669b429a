import { stripControlChars } from '../text.js';

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

/** Longer descriptions are pasted pictures or attacks. */
const MAX_HTML_LENGTH = 200_000;

/** Returns the text of a description: a line for each paragraph and list item. */
export function htmlToText(html: string): string {
  const parts = [
    ['<script', '</script>'],
    ['<style', '</style>'],
    ['<!--', '-->'],
  ] as const;
  return parts
    .reduce(
      (text, [start, end]) => removeParts(text, start, end),
      html.slice(0, MAX_HTML_LENGTH).toWellFormed(),
    )
    .replace(/<li\b[^<>]*>/gi, '\n- ')
    .replace(/<(br|\/p|\/div|\/h[1-6]|\/ul|\/ol|\/pre|hr)\b[^<>]*>/gi, '\n')
    .replace(/<\/?[a-z][^<>]*>/gi, '')
    .replace(/&(#x?[0-9a-f]+|[a-z]+);/gi, (whole, name: string) => decodeEntity(name) ?? whole)
    .split('\n')
    .map(oneLine)
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** An expression would take quadratic time for a text with many starts and no end. */
function removeParts(text: string, start: string, end: string): string {
  const lower = text.toLowerCase();
  let kept = '';
  let position = 0;
  for (;;) {
    const from = lower.indexOf(start, position);
    const to = from < 0 ? -1 : lower.indexOf(end, from);
    if (to < 0) return kept + text.slice(position);
    kept += text.slice(position, from);
    position = to + end.length;
  }
}

function decodeEntity(name: string): string | undefined {
  if (!name.startsWith('#')) return ENTITIES[name.toLowerCase()];
  const isHex = /^#x/i.test(name);
  const code = Number.parseInt(name.slice(isHex ? 2 : 1), isHex ? 16 : 10);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code).toWellFormed() : undefined;
}

/** Joins the lines of a text, and removes control characters. */
export function oneLine(text: string): string {
  return stripControlChars(text.toWellFormed()).replace(/\s+/gu, ' ').trim();
}

/** Cleans trigger words: each is one line without commas at its ends, and occurs once. */
export function cleanWords(words: readonly string[]): readonly string[] {
  const clean = words.map((word) => oneLine(word).replace(/^[\s,]+|[\s,]+$/g, ''));
  return [...new Set(clean.filter(Boolean))];
}
