import { closeSync, constants, openSync, readSync } from 'node:fs';
import { DIRECT } from '../plain-file.js';
import { type Algorithm, createDigest, type Digest } from './checksum.js';

const READ_BYTES = 2 * 1024 * 1024;

/** Computes the checksum of a growing file, which it reads in steps. Does not follow a link. */
export class FileHasher {
  readonly #path: string;
  readonly #algorithm: Algorithm;
  readonly #readBytes: number;
  readonly #start: number;
  #buffer: Buffer | undefined;
  #descriptor: number | undefined;
  #digest: Digest;
  #position: number;

  /** @param start position of the first byte that counts */
  constructor(path: string, algorithm: Algorithm, readBytes = READ_BYTES, start = 0) {
    this.#path = path;
    this.#algorithm = algorithm;
    this.#readBytes = readBytes;
    this.#start = start;
    this.#position = start;
    this.#digest = createDigest(algorithm);
  }

  /** Takes at most one step towards the end of the written bytes; returns whether it is reached. */
  advance(prefixEnd: number): boolean {
    if (this.#position >= prefixEnd) return true;
    this.#descriptor ??= openSync(this.#path, constants.O_RDONLY | DIRECT);
    this.#buffer ??= Buffer.allocUnsafeSlow(this.#readBytes);
    const wanted = Math.min(this.#readBytes, prefixEnd - this.#position);
    const read = readSync(this.#descriptor, this.#buffer, 0, wanted, this.#position);
    if (read === 0) throw endOfFile(this.#path);
    this.#digest.update(this.#buffer.subarray(0, read));
    this.#position += read;
    return this.#position >= prefixEnd;
  }

  /** Hashes bytes from memory, if they are the next ones; returns whether they are. */
  take(bytes: Uint8Array, position: number): boolean {
    if (position !== this.#position) return false;
    this.#digest.update(bytes);
    this.#position += bytes.length;
    return true;
  }

  /** Returns the checksum of the whole file in lower-case hex, and resets. */
  end(size: number): string {
    while (!this.advance(size));
    const digest = this.#digest.end();
    this.reset();
    return digest;
  }

  reset(): void {
    this.#digest = createDigest(this.#algorithm);
    this.#position = this.#start;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/** The system's error, which reads do not throw. */
function endOfFile(path: string): Error {
  return Object.assign(new Error(`${path} is shorter than expected.`), { code: 'EOF', errno: -4095 });
}
