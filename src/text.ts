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
