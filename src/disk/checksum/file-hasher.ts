import { closeSync, openSync, readSync } from 'node:fs';
import { type Algorithm, createDigest, type Digest } from './checksum.js';

/** Bytes that are read at a time. */
const STEP = 2 * 1024 * 1024;

/** Checksum of a file that grows: reads up to wherever it is told that the bytes are there. */
export class FileHasher {
  readonly #path: string;
  readonly #algorithm: Algorithm;
  readonly #step: number;
  #buffer: Buffer | undefined;
  #descriptor: number | undefined;
  #digest: Digest;
  #position = 0;

  /** @param step bytes of memory that it takes */
  constructor(path: string, algorithm: Algorithm, step = STEP) {
    this.#path = path;
    this.#algorithm = algorithm;
    this.#step = step;
    this.#digest = createDigest(algorithm);
  }

  /** Takes at most one step towards `prefixEnd`, from the page cache where the bytes have just been written; returns whether it got there. */
  advance(prefixEnd: number): boolean {
    if (this.#position >= prefixEnd) return true;
    this.#descriptor ??= openSync(this.#path, 'r');
    this.#buffer ??= Buffer.allocUnsafeSlow(this.#step);
    const wanted = Math.min(this.#step, prefixEnd - this.#position);
    const read = readSync(this.#descriptor, this.#buffer, 0, wanted, this.#position);
    if (read === 0) throw new Error(`${this.#path} is shorter than expected.`);
    this.#digest.update(this.#buffer.subarray(0, read));
    this.#position += read;
    return this.#position >= prefixEnd;
  }

  /** Takes the file's bytes from a position on without reading them; returns whether they are the next ones. */
  take(bytes: Uint8Array, position: number): boolean {
    if (position !== this.#position) return false;
    this.#digest.update(bytes);
    this.#position += bytes.length;
    return true;
  }

  /** The whole file's checksum in lower-case hex; afterwards it starts again from nothing. */
  end(size: number): string {
    while (!this.advance(size));
    const digest = this.#digest.end();
    this.reset();
    return digest;
  }

  reset(): void {
    this.#digest = createDigest(this.#algorithm);
    this.#position = 0;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
