/** Bytes that can be read at any offset without being held in memory. */
export interface Bytes {
  readonly size: number;
  read(offset: number, length: number): Buffer;
  /** Returns the same bytes in cheap chunks, which must not be changed. */
  chunks?(offset: number, length: number): Iterable<Buffer>;
}

/** The format of a file by its first bytes. The others are pseudo-random. */
export type ContentKind = 'safetensors' | 'zip' | 'gguf' | 'plain';

const BLOCK = 1024 * 1024;
const SAFETENSORS_HEADER = 256;
/** Bytes at the beginning of each block that are not noise alone. */
const MARKED = 512;

/**
 * Returns the bytes of a file: the same for the same arguments, others for another seed. One shared block of noise is
 * repeated, shifted by the seed, with the seed and the block number at the beginning of each mebibyte. So no two parts
 * of a file are the same, and a file of many gigabytes costs nothing until it is read.
 */
export function content(seed: number, size: number, kind: ContentKind): Bytes {
  const head = headOf(kind, seed, size);
  const shift = (seed * 7919) % BLOCK;

  function read(offset: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, size - offset)));
    fillWithNoise(bytes, offset + shift);
    for (let block = Math.floor(offset / BLOCK); block * BLOCK < offset + bytes.length; block++) {
      overlay(bytes, offset, stamp(seed, block), block * BLOCK);
    }
    overlay(bytes, offset, head, 0);
    return bytes;
  }

  function* chunks(offset: number, length: number): Generator<Buffer> {
    const end = Math.min(offset + length, size);
    for (let position = offset; position < end; ) {
      const inBlock = position % BLOCK;
      const phase = (position + shift) % BLOCK;
      const own = MARKED - inBlock;
      const count = Math.min(end - position, own > 0 ? own : Math.min(BLOCK - inBlock, BLOCK - phase));
      yield own > 0 ? read(position, count) : noise().subarray(phase, phase + count);
      position += count;
    }
  }

  return { size, read, chunks };
}

export function inMemory(bytes: Buffer): Bytes {
  return { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) };
}

/** Copies the part of `patch`, which starts at `patchOffset` of the file, into a window that starts at `offset`. */
function overlay(window: Buffer, offset: number, patch: Buffer, patchOffset: number): void {
  const from = Math.max(offset, patchOffset);
  const to = Math.min(offset + window.length, patchOffset + patch.length);
  if (from < to) patch.copy(window, from - offset, from - patchOffset, to - patchOffset);
}

function fillWithNoise(bytes: Buffer, phase: number): void {
  for (let done = 0; done < bytes.length; ) {
    const from = (phase + done) % BLOCK;
    done += noise().copy(bytes, done, from);
  }
}

let noiseBlock: Buffer | undefined;

function noise(): Buffer {
  noiseBlock ??= makeNoise();
  return noiseBlock;
}

function makeNoise(): Buffer {
  const words = new Uint32Array(BLOCK / 4);
  let state = 0x9e3779b9;
  for (let index = 0; index < words.length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  return Buffer.from(words.buffer);
}

function stamp(seed: number, block: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(seed, 0);
  bytes.writeUInt32LE(block, 4);
  return bytes;
}

function headOf(kind: ContentKind, seed: number, size: number): Buffer {
  switch (kind) {
    case 'safetensors':
      return safetensorsHead(seed, size);
    case 'zip':
      return Buffer.from('PK\x03\x04\x14\x00', 'latin1');
    case 'gguf':
      return Buffer.from('GGUF\x03\x00\x00\x00', 'latin1');
    case 'plain':
      return Buffer.alloc(0);
  }
}

/** Returns the header of a file whose single tensor has all other bytes. */
function safetensorsHead(seed: number, size: number): Buffer {
  const data = size - 8 - SAFETENSORS_HEADER;
  if (data < 0) throw new RangeError(`a safetensors file needs more than ${size} bytes`);
  const json = JSON.stringify({
    __metadata__: { format: 'pt', seed: String(seed) },
    weight: { dtype: 'U8', shape: [data], data_offsets: [0, data] },
  });
  const head = Buffer.alloc(8 + SAFETENSORS_HEADER, ' ');
  head.writeBigUInt64LE(BigInt(SAFETENSORS_HEADER), 0);
  head.write(json, 8);
  return head;
}
