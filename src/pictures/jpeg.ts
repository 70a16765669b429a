import type { ByteReader } from './byte-reader.js';
import { readExif } from './exif.js';
import { decodeComment, MAX_PARTS, type PictureTexts } from './texts.js';

const APP1 = 0xe1;
const COMMENT = 0xfe;
/** The picture itself, and the end. */
const LAST_MARKERS = [0xda, 0xd9];
const EXIF_MARK = 'Exif\0\0';

/** Reads the texts of a JPEG, all of which come before the picture. */
export async function readJpeg(file: ByteReader, texts: PictureTexts): Promise<void> {
  let position = 2;
  for (let count = 0; count < MAX_PARTS; count++) {
    const head = await file.read(position, 4);
    const marker = head[1] ?? 0;
    if (head.length < 4 || head[0] !== 0xff || LAST_MARKERS.includes(marker)) return;
    if (marker === 0xff) {
      // Any number of these can precede a marker.
      position++;
    } else if (isAlone(marker)) {
      position += 2;
    } else {
      const length = head.readUInt16BE(2);
      if (length < 2) return;
      if (marker === APP1 || marker === COMMENT)
        addSegment(marker, await file.read(position + 4, length - 2), texts);
      position += 2 + length;
    }
  }
}

/** Whether a marker has no length. */
function isAlone(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

function addSegment(marker: number, data: Buffer, texts: PictureTexts): void {
  if (marker === COMMENT) texts.add('comment', data, decodeComment);
  else if (data.toString('latin1', 0, EXIF_MARK.length) === EXIF_MARK) readExif(data, texts);
}
