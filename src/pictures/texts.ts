/** A text in a picture, with its keyword in lower case. */
export interface PictureText {
  readonly keyword: string;
  readonly text: string;
}

/** ComfyUI's graphs have some megabytes at most. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024;

/** The most bytes that texts may be decompressed to in vain: each can be a bomb of some kilobytes. */
const MAX_DISCARDED_BYTES = 8 * MAX_TEXT_BYTES;

/** The most parts of a file that are looked at: a picture of 700 MB has so many of the usual size. */
export const MAX_PARTS = 100_000;

/** The texts of a picture, up to a limit for all of them. */
export class PictureTexts {
  readonly #texts: PictureText[] = [];
  #bytesLeft = MAX_TEXT_BYTES;
  #discardedBytes = 0;

  get all(): readonly PictureText[] {
    return this.#texts;
  }

  /** The most bytes that the next text can have. */
  get bytesLeft(): number {
    return this.#bytesLeft;
  }

  /** The most bytes that the next text can be decompressed to. */
  get inflatableBytes(): number {
    return this.#discardedBytes < MAX_DISCARDED_BYTES ? this.#bytesLeft : 0;
  }

  /** Counts bytes that were decompressed in vain. */
  discard(bytes: number): void {
    this.#discardedBytes += bytes;
  }

  add(keyword: string, bytes: Uint8Array, decode: (bytes: Uint8Array) => string): void {
    if (bytes.length > this.#bytesLeft) return;
    this.#bytesLeft -= bytes.length;
    const text = decode(bytes.subarray(0, lengthWithoutZeros(bytes))).replace(/\0$/, '');
    if (text.trim() !== '') this.#texts.push({ keyword: keyword.toLowerCase(), text });
  }
}

/** Texts in EXIF data end in zeros. The number stays even, because of UTF-16. */
function lengthWithoutZeros(bytes: Uint8Array): number {
  const length = bytes.findLastIndex((byte) => byte !== 0) + 1;
  return length + (length % 2);
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Decodes UTF-8, or Latin-1 if it is not: only the latter is right in a PNG's oldest chunk, and tools write both. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  }
}

const CHARSET_LENGTH = 8;
const CHARSET = /^(UNICODE\0|ASCII\0\0\0|JIS\0\0\0\0\0|UTF-?8\0{3,4}|\0{8})$/;

/** Decodes an EXIF user comment: a charset of eight bytes, which some tools leave out, and a text. */
export function decodeComment(bytes: Uint8Array): string {
  const charset = Buffer.from(bytes.subarray(0, CHARSET_LENGTH)).toString('latin1');
  const text = CHARSET.test(charset) ? bytes.subarray(CHARSET_LENGTH) : bytes;
  // A text of any other encoding has no zeros, but some end in padding or in another text.
  const encoding = utf16Of(text, charset.startsWith('UNICODE') ? 0 : text.length / 64);
  return encoding === undefined ? decodeText(text) : new TextDecoder(encoding).decode(text);
}

/**
 * Neither the charset nor the byte order of the EXIF data tells the text's. One byte of each Latin letter is zero, and
 * the settings are Latin; bytes of other letters are zero by chance.
 */
function utf16Of(text: Uint8Array, maxZeros: number): 'utf-16le' | 'utf-16be' | undefined {
  const [first, second] = text;
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  let [even, odd] = [0, 0];
  for (let index = 0; index + 1 < text.length; index += 2) {
    if (text[index] === 0) even++;
    if (text[index + 1] === 0) odd++;
  }
  if (Math.max(even, odd) <= Math.max(2 * Math.min(even, odd), maxZeros)) return undefined;
  return even > odd ? 'utf-16be' : 'utf-16le';
}
