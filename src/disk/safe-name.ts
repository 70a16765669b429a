export const MAX_NAME_BYTES = 255;
/** With the dot; a longer text after a dot is not an extension. */
const MAX_EXTENSION_BYTES = 32;
const MAX_TEXT_LENGTH = 1_000;

/** Control characters, marks that reverse or hide text, and invalid code points; not joiners, which emoji need. */
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression removes control characters.
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]/gu;

const FORBIDDEN = /[<>:"/\\|?*]/gu;

/** Devices of Windows, which stay reserved with any extension. */
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)/iu;

/**
 * Turns any text into a name that Linux, macOS and Windows allow and that stays in its folder; safe names do not change.
 * Letters with marks are composed (NFC), since names from different systems would otherwise only look the same.
 * @param fallback a safe name for a text without usable characters
 */
export function safeName(text: string, fallback: string): string {
  const visible = shorten(text).toWellFormed().replace(UNPRINTABLE, '');
  // In this order: a hidden character may separate a letter from its mark, and a struck-through `<` is not a `<`.
  const clean = visible.normalize('NFC').replace(FORBIDDEN, '_');
  const { stem, extension } = splitName(trimName(clean));
  return escapeReserved(trimName(cutStem(stem, extension)) || fallback);
}

/** Joins the stem of a safe name and a suffix; cuts the stem if needed, the suffix only if it is too long on its own. */
export function fitName(stem: string, suffix: string): string {
  return escapeReserved(trimName(cutStem(stem, cutName(suffix))));
}

export function splitName(name: string): { readonly stem: string; readonly extension: string } {
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 ? name.slice(dot) : '';
  return Buffer.byteLength(extension) <= MAX_EXTENSION_BYTES
    ? { stem: name.slice(0, name.length - extension.length), extension }
    : { stem: name, extension: '' };
}

/** Returns the same key for names that are one file on systems that ignore case or composition. */
export function caseKey(name: string): string {
  return name.normalize('NFC').toUpperCase().toLowerCase();
}

function shorten(text: string): string {
  return text.length <= MAX_TEXT_LENGTH
    ? text
    : text.slice(0, MAX_TEXT_LENGTH) + text.slice(-MAX_EXTENSION_BYTES);
}

/** Windows drops dots and blanks at the end of a name. */
function trimName(name: string): string {
  return name.replace(/^\s+/u, '').replace(/[\s.]+$/u, '');
}

function escapeReserved(name: string): string {
  return RESERVED.test(name) ? cutName(`_${name}`) : name;
}

function cutName(name: string): string {
  const { stem, extension } = splitName(name);
  return cutStem(stem, extension);
}

function cutStem(stem: string, end: string): string {
  return cut(stem, MAX_NAME_BYTES - Buffer.byteLength(end)) + end;
}

/** Cuts a text between visible characters. */
function cut(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  const visible = Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
  // With many marks, a single visible character can be longer than a name.
  return (joinUpTo(bytes, visible) || joinUpTo(bytes, text)).trimEnd();
}

function joinUpTo(bytes: number, characters: Iterable<string>): string {
  let joined = '';
  let room = bytes;
  for (const character of characters) {
    room -= Buffer.byteLength(character);
    if (room < 0) break;
    joined += character;
  }
  return joined;
}
