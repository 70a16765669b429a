import { decodeComment, decodeText, type PictureTexts } from './texts.js';

const EXIF_MARK = Buffer.from('Exif\0\0', 'latin1');
const ENTRY_BYTES = 12;
/** Cameras write less than a hundred. */
const MAX_ENTRIES = 1_000;
/** Types of one byte: integer, text, and undefined. */
const BYTE_TYPES = [1, 2, 7];
/** Shorter values are in the entry itself. */
const MIN_FAR_BYTES = 5;

const USER_COMMENT = 0x9286;
const EXIF_POINTER = 0x8769;
const IMAGE_DESCRIPTION = 0x010e;
/** ComfyUI writes texts into this tag and the ones below it, each with its own keyword. */
const LAST_COMFY_TAG = 0x0110;
const FIRST_COMFY_TAG = 0x0100;

interface Tiff {
  readonly bytes: Buffer;
  readonly isLittleEndian: boolean;
}

/** Reads the texts of EXIF data, with or without its mark. The user comment can be in either directory. */
export function readExif(data: Buffer, texts: PictureTexts): void {
  const hasMark = data.subarray(0, EXIF_MARK.length).equals(EXIF_MARK);
  const bytes = hasMark ? data.subarray(EXIF_MARK.length) : data;
  const order = bytes.toString('latin1', 0, 2);
  if (order !== 'II' && order !== 'MM') return;
  const tiff = { bytes, isLittleEndian: order === 'II' };
  const exif = readDirectory(tiff, uint32(tiff, 4), texts);
  // A directory is never entered from the second one, so that none can lead to itself.
  if (exif !== undefined) readDirectory(tiff, exif, texts);
}

/** @returns the position of the directory for EXIF, if this one points to it */
function readDirectory(tiff: Tiff, position: number, texts: PictureTexts): number | undefined {
  const count = Math.min(uint16(tiff, position), MAX_ENTRIES);
  const seen = new Set<number>();
  let pointer: number | undefined;
  for (let index = 0; index < count; index++) {
    const entry = position + 2 + index * ENTRY_BYTES;
    if (entry + ENTRY_BYTES > tiff.bytes.length) break;
    const tag = uint16(tiff, entry);
    if (tag === EXIF_POINTER) pointer ??= uint32(tiff, entry + 8);
    else if (isTextTag(tag) && !seen.has(tag)) addValue(tiff, entry, tag, texts);
    seen.add(tag);
  }
  return pointer;
}

function isTextTag(tag: number): boolean {
  return tag === USER_COMMENT || (tag >= FIRST_COMFY_TAG && tag <= LAST_COMFY_TAG);
}

function addValue(tiff: Tiff, entry: number, tag: number, texts: PictureTexts): void {
  const length = uint32(tiff, entry + 4);
  if (!BYTE_TYPES.includes(uint16(tiff, entry + 2)) || length < MIN_FAR_BYTES) return;
  const start = uint32(tiff, entry + 8);
  const value = tiff.bytes.subarray(start, start + length);
  if (tag === USER_COMMENT) texts.add('usercomment', value, decodeComment);
  else addText(tag, value, texts);
}

/** Adds a text whose keyword is in it, as ComfyUI writes, or a description. */
function addText(tag: number, value: Buffer, texts: PictureTexts): void {
  const keyword = /^(?<word>[a-z_]{1,40}):\s*[{[]/i.exec(value.toString('latin1', 0, 60))?.groups?.word;
  if (keyword !== undefined) texts.add(keyword, value.subarray(keyword.length + 1), decodeText);
  else if (tag === IMAGE_DESCRIPTION) texts.add('description', value, decodeText);
}

/** 0 beyond the end. */
function uint16({ bytes, isLittleEndian }: Tiff, position: number): number {
  if (position + 2 > bytes.length) return 0;
  return isLittleEndian ? bytes.readUInt16LE(position) : bytes.readUInt16BE(position);
}

/** 0 beyond the end. */
function uint32({ bytes, isLittleEndian }: Tiff, position: number): number {
  if (position + 4 > bytes.length) return 0;
  return isLittleEndian ? bytes.readUInt32LE(position) : bytes.readUInt32BE(position);
}
