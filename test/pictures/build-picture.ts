import { crc32, deflateSync } from 'node:zlib';

const latin1 = (text: string) => Buffer.from(text, 'latin1');

function uint32(value: number, isLittleEndian = false): Buffer {
  const bytes = Buffer.alloc(4);
  if (isLittleEndian) bytes.writeUInt32LE(value);
  else bytes.writeUInt32BE(value);
  return bytes;
}

function uint16(value: number, isLittleEndian = false): Buffer {
  const bytes = Buffer.alloc(2);
  if (isLittleEndian) bytes.writeUInt16LE(value);
  else bytes.writeUInt16BE(value);
  return bytes;
}

/** A chunk of a PNG. */
export function chunk(type: string, data: Uint8Array = Buffer.alloc(0)): Buffer {
  const typed = Buffer.concat([latin1(type), data]);
  return Buffer.concat([uint32(data.length), typed, uint32(crc32(typed))]);
}

/** A chunk of the beginning of a PNG that says to be longer than it is. */
export function cutChunk(type: string, length: number, data: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.concat([uint32(length), latin1(type), data]);
}

/** As Pillow writes texts: in Latin-1 if possible, else in UTF-8. */
export function pillowText(keyword: string, text: string): Buffer {
  const isLatin1 = latin1(text).toString('latin1') === text;
  return isLatin1 ? plainText(keyword, text) : internationalText(keyword, text);
}

export function plainText(keyword: string, text: string, type = 'tEXt'): Buffer {
  return chunk(type, Buffer.concat([latin1(`${keyword}\0`), latin1(text)]));
}

export function compressedText(keyword: string, text: string | Uint8Array): Buffer {
  const data = typeof text === 'string' ? latin1(text) : text;
  return chunk('zTXt', Buffer.concat([latin1(`${keyword}\0\0`), deflateSync(data)]));
}

export function internationalText(keyword: string, text: string, isCompressed = false): Buffer {
  const data = isCompressed ? deflateSync(Buffer.from(text)) : Buffer.from(text);
  const head = `${keyword}\0${isCompressed ? '\x01' : '\0'}\0en\0${keyword}\0`;
  return chunk('iTXt', Buffer.concat([latin1(head), data]));
}

const PNG_MARK = latin1('\x89PNG\r\n\x1a\n');
const HEADER = chunk('IHDR', Buffer.concat([uint32(1), uint32(1), Buffer.of(8, 2, 0, 0, 0)]));
const PIXELS = chunk('IDAT', deflateSync(Buffer.alloc(4)));

/** A PNG of one pixel with chunks before and after it. */
export function png(before: readonly Uint8Array[], after: readonly Uint8Array[] = []): Buffer {
  return Buffer.concat([PNG_MARK, HEADER, ...before, PIXELS, ...after, chunk('IEND')]);
}

/** A PNG that is cut off after some chunks. */
export function pngStart(...chunks: readonly Uint8Array[]): Buffer {
  return Buffer.concat([PNG_MARK, HEADER, ...chunks]);
}

export const EXIF_MARK = latin1('Exif\0\0');

export interface Tag {
  readonly tag: number;
  /** 2 is text, 7 undefined. */
  readonly type: number;
  readonly value: Uint8Array;
}

export interface ExifOptions {
  readonly isLittleEndian?: boolean;
  readonly ifd0?: readonly Tag[];
  /** In the directory for EXIF. */
  readonly exif?: readonly Tag[];
}

const EXIF_POINTER = 0x8769;
const TIFF_HEAD_BYTES = 8;

/** EXIF data without its mark. */
export function tiff({ isLittleEndian = false, ifd0 = [], exif }: ExifOptions): Buffer {
  const sizeOf = (count: number) => 2 + 12 * count + 4;
  const ifd0Count = ifd0.length + (exif ? 1 : 0);
  const exifStart = TIFF_HEAD_BYTES + sizeOf(ifd0Count);
  let valueStart = exifStart + (exif ? sizeOf(exif.length) : 0);
  const values: Buffer[] = [];
  const entry = (tag: number, type: number, count: number, last: Buffer) =>
    Buffer.concat([
      uint16(tag, isLittleEndian),
      uint16(type, isLittleEndian),
      uint32(count, isLittleEndian),
      last,
    ]);
  const entryOf = ({ tag, type, value }: Tag) => {
    if (value.length <= 4)
      return entry(tag, type, value.length, Buffer.concat([value, Buffer.alloc(4)]).subarray(0, 4));
    const made = entry(tag, type, value.length, uint32(valueStart, isLittleEndian));
    values.push(Buffer.from(value));
    valueStart += value.length;
    return made;
  };
  const pointer = exif ? [entry(EXIF_POINTER, 4, 1, uint32(exifStart, isLittleEndian))] : [];
  const directory = (entries: readonly Buffer[]) =>
    Buffer.concat([uint16(entries.length, isLittleEndian), ...entries, uint32(0)]);
  const first = directory([...ifd0.map(entryOf), ...pointer]);
  const second = exif ? directory(exif.map(entryOf)) : Buffer.alloc(0);
  const order = latin1(isLittleEndian ? 'II' : 'MM');
  const head = [order, uint16(42, isLittleEndian), uint32(TIFF_HEAD_BYTES, isLittleEndian)];
  return Buffer.concat([...head, first, second, ...values]);
}

export function utf16(text: string, order: 'BE' | 'LE'): Buffer {
  const bytes = Buffer.from(text, 'utf16le');
  return order === 'LE' ? bytes : bytes.swap16();
}

/** A user comment with its charset in front, if any. */
export function userComment(charset: string, text: Uint8Array, type = 7): Tag {
  const prefix = charset === '' ? Buffer.alloc(0) : latin1(charset.padEnd(8, '\0'));
  return { tag: 0x9286, type, value: Buffer.concat([prefix, text]) };
}

/** A text in the main directory. */
export function textTag(tag: number, text: string): Tag {
  return { tag, type: 2, value: Buffer.from(`${text}\0`) };
}

export function segment(marker: number, data: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(0xff, marker), uint16(data.length + 2), data]);
}

/** A JPEG with segments before the picture. */
export function jpeg(...segments: readonly Uint8Array[]): Buffer {
  const start = [Buffer.of(0xff, 0xd8), segment(0xe0, latin1('JFIF\0\x01\x01\0\0\x01\0\x01\0\0'))];
  const scan = [segment(0xda, Buffer.of(1, 1, 0, 0, 63, 0)), Buffer.of(0x12, 0x34, 0xff, 0xd9)];
  return Buffer.concat([...start, ...segments, ...scan]);
}

export function jpegExif(exif: ExifOptions): Buffer {
  return jpeg(segment(0xe1, Buffer.concat([EXIF_MARK, tiff(exif)])));
}

export function riffChunk(type: string, data: Uint8Array): Buffer {
  return Buffer.concat([latin1(type), uint32(data.length, true), data, Buffer.alloc(data.length % 2)]);
}

/** A WebP with chunks after the picture. */
export function webp(...chunks: readonly Uint8Array[]): Buffer {
  // An odd length, so that a padding follows.
  const content = Buffer.concat([latin1('WEBP'), riffChunk('VP8 ', Buffer.alloc(13, 1)), ...chunks]);
  return Buffer.concat([latin1('RIFF'), uint32(content.length, true), content]);
}

export function webpExif(exif: ExifOptions, mark: Uint8Array = Buffer.alloc(0)): Buffer {
  return webp(riffChunk('EXIF', Buffer.concat([mark, tiff(exif)])));
}
