type PictureKind = 'png' | 'jpeg' | 'webp' | 'json';

/** Blanks can precede JSON. */
export const PICTURE_HEAD_BYTES = 64;

const PNG_MARK = '\x89PNG\r\n\x1a\n';
const JPEG_MARK = '\xff\xd8\xff';
const WEBP_MARK = /^RIFF[\s\S]{4}WEBP/;
/** With the mark of Windows' editors. */
const JSON_MARK = /^(\xef\xbb\xbf)?\s*\{/;

/** Returns the kind of a file that can name models, by its first 64 bytes; undefined for others. */
export function pictureKindOf(beginning: Uint8Array): PictureKind | undefined {
  const head = Buffer.from(beginning.subarray(0, PICTURE_HEAD_BYTES)).toString('latin1');
  if (head.startsWith(PNG_MARK)) return 'png';
  if (head.startsWith(JPEG_MARK)) return 'jpeg';
  if (WEBP_MARK.test(head)) return 'webp';
  return JSON_MARK.test(head) ? 'json' : undefined;
}
