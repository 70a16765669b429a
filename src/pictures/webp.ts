import type { ByteReader } from './byte-reader.js';
import { readExif } from './exif.js';
import { MAX_PARTS, type PictureTexts } from './texts.js';

const FILE_HEAD_BYTES = 12;
const HEAD_BYTES = 8;

/** Reads the texts of a WebP, which come after the picture. */
export async function readWebp(file: ByteReader, texts: PictureTexts): Promise<void> {
  let position = FILE_HEAD_BYTES;
  for (let count = 0; count < MAX_PARTS; count++) {
    const head = await file.read(position, HEAD_BYTES);
    if (head.length < HEAD_BYTES) return;
    const length = head.readUInt32LE(4);
    const start = position + HEAD_BYTES;
    if (head.toString('latin1', 0, 4) === 'EXIF' && length <= texts.bytesLeft && start + length <= file.size)
      readExif(await file.read(start, length), texts);
    position = start + length + (length % 2);
  }
}
