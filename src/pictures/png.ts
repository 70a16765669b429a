import { inflateSync } from 'node:zlib';
import type { ByteReader } from './byte-reader.js';
import { readExif } from './exif.js';
import { decodeText, MAX_PARTS, type PictureTexts } from './texts.js';

const HEAD_BYTES = 8;
/** Length, type and checksum of a chunk. */
const FRAME_BYTES = 12;

type ChunkReader = (data: Buffer, texts: PictureTexts) => void;

const READERS: Readonly<Record<string, ChunkReader>> = {
  tEXt: readText,
  zTXt: readCompressedText,
  iTXt: readInternationalText,
  eXIf: readExif,
  // ComfyUI's own, in animated pictures.
  comf: readText,
};

/** Reads the texts of a PNG. They can come after the picture, so that all chunks are visited. */
export async function readPng(file: ByteReader, texts: PictureTexts): Promise<void> {
  let position = HEAD_BYTES;
  for (let count = 0; count < MAX_PARTS; count++) {
    const head = await file.read(position, HEAD_BYTES);
    if (head.length < HEAD_BYTES) return;
    const length = head.readUInt32BE(0);
    const type = head.toString('latin1', 4, HEAD_BYTES);
    if (type === 'IEND') return;
    const start = position + HEAD_BYTES;
    if (Object.hasOwn(READERS, type) && length <= texts.bytesLeft && start + length <= file.size)
      READERS[type]?.(await file.read(start, length), texts);
    position += FRAME_BYTES + length;
  }
}

/** Returns the keyword of a chunk, and what follows it. */
function splitKeyword(data: Buffer): { readonly keyword: string; readonly rest: Buffer } | undefined {
  const { text: keyword, rest } = splitAtZero(data) ?? {};
  return keyword === undefined || rest === undefined ? undefined : { keyword: keyword.toLowerCase(), rest };
}

function splitAtZero(data: Buffer): { readonly text: string; readonly rest: Buffer } | undefined {
  const end = data.indexOf(0);
  if (end < 0) return undefined;
  return { text: data.toString('latin1', 0, end), rest: data.subarray(end + 1) };
}

/** Keywords of the tools; others, such as colour profiles, are not decompressed. */
const KEYWORDS = new Set([
  'parameters',
  'prompt',
  'workflow',
  'invokeai_metadata',
  'comment',
  'description',
  'usercomment',
  'extrametadata',
]);

function readText(data: Buffer, texts: PictureTexts): void {
  const { keyword = '', rest } = splitKeyword(data) ?? {};
  if (rest && KEYWORDS.has(keyword)) texts.add(keyword, rest, decodeText);
}

function readCompressedText(data: Buffer, texts: PictureTexts): void {
  const { keyword = '', rest } = splitKeyword(data) ?? {};
  // A byte for the method, of which there is one.
  if (rest && KEYWORDS.has(keyword)) addInflated(keyword, rest.subarray(1), texts);
}

function readInternationalText(data: Buffer, texts: PictureTexts): void {
  const { keyword = '', rest } = splitKeyword(data) ?? {};
  if (!rest || !KEYWORDS.has(keyword)) return;
  const isCompressed = rest[0] === 1;
  // The language, and the keyword in that language.
  const afterLanguage = splitAtZero(rest.subarray(2))?.rest;
  const content = afterLanguage && splitAtZero(afterLanguage)?.rest;
  if (!content) return;
  if (isCompressed) addInflated(keyword, content, texts);
  else texts.add(keyword, content, decodeText);
}

/** The most bytes that zlib makes of one. */
const MAX_GROWTH = 1_032;

/** Leaves out a text that is damaged, or larger than all texts can be. */
function addInflated(keyword: string, compressed: Buffer, texts: PictureTexts): void {
  const maxOutputLength = texts.inflatableBytes;
  if (maxOutputLength === 0) return;
  let bytes: Buffer;
  try {
    bytes = inflateSync(compressed, { maxOutputLength });
  } catch {
    texts.discard(Math.min(compressed.length * MAX_GROWTH, maxOutputLength));
    return;
  }
  texts.add(keyword, bytes, decodeText);
}
