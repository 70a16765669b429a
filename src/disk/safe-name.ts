/** Bytes of UTF-8 that a file system allows for one name. */
export const MAX_NAME_BYTES = 255;
/** What follows the last dot is an extension as long as it is no longer than this, in bytes with the dot. */
const MAX_EXTENSION_BYTES = 32;
/** Characters of a text's beginning that are looked at; more than any name can use. */
const MAX_TEXT_LENGTH = 1_000;

/** Control characters, marks that turn or hide text, and code points that are no characters. Joiners are left: emoji need them. */
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]/gu;

/** Path separators, and what Windows refuses in names. */
const FORBIDDEN = /[<>:"/\\|?*]/gu;

/** Devices on Windows, whatever extension follows, with blanks before it or not. */
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)/iu;

/**
 * Makes one path segment out of any text: it can be created on Linux, macOS and Windows and names nothing outside its
 * folder. An ordinary name stays as it is, and applying this twice changes no more than applying it once. Letters with
 * marks are composed (NFC), or a name that was typed on another system would be a second folder that looks the same.
 * @param fallback a safe name for a text of which nothing is left
 */
export function safeName(text: string, fallback: string): string {
  const visible = shortened(text).toWellFormed().replace(UNPRINTABLE, '');
  // In this order: what was hidden may have kept a letter from its mark, and a struck-through `<` is not a `<`.
  const clean = visible.normalize('NFC').replace(FORBIDDEN, '_');
  const { stem, extension } = splitName(trimName(clean));
  return unreserved(
    trimName(cut(stem, MAX_NAME_BYTES - Buffer.byteLength(extension)) + extension) || fallback,
  );
}

/**
 * Joins a stem and a suffix that has to stay whole, like `-mid_66-vid_75.ckpt`; the stem is cut where both together
 * would be too long for a name. Only a suffix that is too long by itself is cut, too.
 * @param stem of a safe name
 */
export function fitName(stem: string, suffix: string): string {
  const end = cutName(suffix);
  return unreserved(trimName(cut(stem, MAX_NAME_BYTES - Buffer.byteLength(end)) + end));
}

/** The part before the last dot and the part from it on; a name that has no extension, or a very long one, is all stem. */
export function splitName(name: string): { readonly stem: string; readonly extension: string } {
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 ? name.slice(dot) : '';
  return Buffer.byteLength(extension) <= MAX_EXTENSION_BYTES
    ? { stem: name.slice(0, name.length - extension.length), extension }
    : { stem: name, extension: '' };
}

/** Two names with the same key are one file on systems that compare without case, or without regard to composed letters. */
export function caseKey(name: string): string {
  return name.normalize('NFC').toUpperCase().toLowerCase();
}

/** No more of a text than any name can use: its beginning, and its end, where the extension is. */
function shortened(text: string): string {
  return text.length <= MAX_TEXT_LENGTH
    ? text
    : text.slice(0, MAX_TEXT_LENGTH) + text.slice(-MAX_EXTENSION_BYTES);
}

/** Windows drops dots and blanks at a name's end; a blank in front is only a trap. */
function trimName(name: string): string {
  return name.replace(/^\s+/u, '').replace(/[\s.]+$/u, '');
}

/** Room for the mark in front is nearly always there: reserved names are short, but for what follows the dot. */
function unreserved(name: string): string {
  return RESERVED.test(name) ? cutName(`_${name}`) : name;
}

function cutName(name: string): string {
  const { stem, extension } = splitName(name);
  return cut(stem, MAX_NAME_BYTES - Buffer.byteLength(extension)) + extension;
}

/** As much of a text as fits into that many bytes, without breaking what a reader sees as one character. */
function cut(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  const byCharacter = take(new Intl.Segmenter().segment(text), bytes);
  // One visible character can be longer than a name, by marks piled upon it.
  const kept =
    byCharacter ||
    take(
      Array.from(text, (segment) => ({ segment })),
      bytes,
    );
  return kept.trimEnd();
}

function take(segments: Iterable<{ readonly segment: string }>, bytes: number): string {
  let kept = '';
  let room = bytes;
  for (const { segment } of segments) {
    room -= Buffer.byteLength(segment);
    if (room < 0) break;
    kept += segment;
  }
  return kept;
}
