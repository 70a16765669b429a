import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { crc32 } from 'node:zlib';
import { ContentError } from '../errors.js';

/** Checksums in hex that a file should have, as far as they are known. */
export interface Checksums {
  readonly sha256?: string | undefined;
  readonly crc32?: string | undefined;
}

/** What a whole file was checked against; `size` where no checksum is known. */
export type Verification = 'SHA256' | 'CRC32' | 'size';

/** A checksum that grows with the bytes: SHA256, and CRC32 where there is nothing better to compare with. */
export class RunningChecksum {
  readonly #expected: Checksums;
  #sha256: Hash = createHash('sha256');
  #crc32 = 0;

  constructor(expected: Checksums) {
    this.#expected = expected;
  }

  update(bytes: Buffer): void {
    this.#sha256.update(bytes);
    if (!this.#expected.sha256 && this.#expected.crc32) this.#crc32 = crc32(bytes, this.#crc32);
  }

  /** Starts over. */
  reset(): void {
    this.#sha256 = createHash('sha256');
    this.#crc32 = 0;
  }

  /**
   * Compares with what is expected; the bytes end here.
   * @throws ContentError `wrong-checksum`, with both
   */
  verify(name: string): Verification {
    const { sha256, crc32 } = this.#expected;
    if (sha256) return compare(name, 'SHA256', sha256, this.#sha256.digest('hex'));
    if (crc32) return compare(name, 'CRC32', crc32, this.#crc32.toString(16).padStart(8, '0'));
    return 'size';
  }
}

function compare(name: string, type: Verification, expected: string, found: string): Verification {
  if (expected.toLowerCase() === found) return type;
  throw new ContentError(
    'wrong-checksum',
    `${name}: its ${type} is ${found.toUpperCase()}, but should be ${expected.toUpperCase()}.`,
  );
}

/** Checks a file on disk in one pass. */
export async function checkFile(
  path: string,
  expected: Checksums,
  signal: AbortSignal,
): Promise<Verification> {
  const checksum = new RunningChecksum(expected);
  for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024, signal }))
    checksum.update(piece);
  return checksum.verify(path);
}
