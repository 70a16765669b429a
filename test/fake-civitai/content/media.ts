import { crc32, deflateSync } from 'node:zlib';

export type MediaFormat = 'jpeg' | 'png' | 'webp' | 'mp4';

export const contentTypes: Readonly<Record<MediaFormat, string>> = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  mp4: 'video/mp4',
};

/** Returns a tiny image or video with other bytes for each label. */
export function media(format: MediaFormat, label: string): Buffer {
  return makers[format](Buffer.from(label));
}

const makers: Readonly<Record<MediaFormat, (label: Buffer) => Buffer>> = { jpeg, png, webp, mp4 };

/** One grey pixel: one component, Huffman tables of one symbol, the label as a comment. */
function jpeg(label: Buffer): Buffer {
  const huffman = (tableClass: number) => [tableClass, 1, ...Array<number>(15).fill(0), 0];
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, [...Buffer.from('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0]),
    segment(0xfe, label),
    segment(0xdb, [0, ...Array<number>(64).fill(1)]),
    segment(0xc0, [8, 0, 1, 0, 1, 1, 1, 0x11, 0]),
    segment(0xc4, huffman(0x00)),
    segment(0xc4, huffman(0x10)),
    segment(0xda, [1, 1, 0, 0, 63, 0]),
    Buffer.from([0x3f, 0xff, 0xd9]),
  ]);
}

function segment(marker: number, bytes: Iterable<number>): Buffer {
  const payload = Buffer.from([...bytes]);
  return Buffer.concat([Buffer.from([0xff, marker]), uint16(payload.length + 2), payload]);
}

/** One grey pixel, the label as a text chunk. */
function png(label: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])),
    chunk('tEXt', Buffer.concat([Buffer.from('Comment\0'), label])),
    chunk('IDAT', deflateSync(Buffer.from([0, 128]))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  return Buffer.concat([uint32(data.length), body, uint32(crc32(body))]);
}

/** One lossless pixel, the label in a chunk that decoders skip. */
function webp(label: Buffer): Buffer {
  const pixel = Buffer.from('LwAAABAHEBERiIj+BwA=', 'base64');
  const body = Buffer.concat([Buffer.from('WEBP'), riffChunk('VP8L', pixel), riffChunk('LABL', label)]);
  return riffChunk('RIFF', body);
}

function riffChunk(type: string, data: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(data.length);
  return Buffer.concat([Buffer.from(type), size, data, Buffer.alloc(data.length % 2)]);
}

/** A file type box, the label in a free box, and media data without a track. */
function mp4(label: Buffer): Buffer {
  return Buffer.concat([
    box('ftyp', Buffer.from('isom\0\0\x02\0isomiso2avc1mp41', 'latin1')),
    box('free', label),
    box('mdat', Buffer.alloc(64)),
  ]);
}

function box(type: string, data: Buffer): Buffer {
  return Buffer.concat([uint32(data.length + 8), Buffer.from(type), data]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
