import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Bytes } from './content.js';

/** The hash types, as the API writes them. */
export type HashType = 'SHA256' | 'AutoV1' | 'AutoV2' | 'AutoV3' | 'CRC32' | 'BLAKE3';

/** Upper-case hex digits. Node has no BLAKE3, so a file that publishes one has it in `hashOverrides`. */
export type Checksums = Readonly<Record<Exclude<HashType, 'BLAKE3'>, string>>;

const STEP = 4 * 1024 * 1024;
const known = new WeakMap<Bytes, Checksums>();

/** Returns the checksums of all bytes, which are computed once. */
export function checksums(bytes: Bytes): Checksums {
  const found = known.get(bytes) ?? compute(bytes);
  known.set(bytes, found);
  return found;
}

function compute(bytes: Bytes): Checksums {
  const whole = createHash('sha256');
  const tensors = createHash('sha256');
  const dataStart = 8 + Number(bytes.read(0, 8).readBigUInt64LE());
  let crc = 0;
  for (let offset = 0; offset < bytes.size; offset += STEP) {
    const step = bytes.read(offset, STEP);
    whole.update(step);
    tensors.update(step.subarray(Math.max(0, dataStart - offset)));
    crc = crc32(step, crc);
  }
  const sha256 = whole.digest('hex').toUpperCase();
  return {
    SHA256: sha256,
    AutoV1: autoV1(sha256),
    AutoV2: sha256.slice(0, 10),
    AutoV3: tensors.digest('hex').slice(0, 12).toUpperCase(),
    CRC32: crc.toString(16).padStart(8, '0').toUpperCase(),
  };
}

/** Unlike the real AutoV1, which hashes a part at one mebibyte and would be the same for all small files. */
function autoV1(sha256: string): string {
  return createHash('sha256').update(sha256).digest('hex').slice(0, 8).toUpperCase();
}
