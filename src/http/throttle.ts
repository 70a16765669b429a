/** Milliseconds' worth of bytes that may come at once after a quiet moment; more would be a burst. */
const BURST = 50;
/** Milliseconds' worth of bytes that all readers together take at a time. */
const READ = 50;
/** Bytes; to read less at a time would cost more than it evens out. */
const LEAST_READ = 1024;

/** Limits the bytes per second of everything that goes through it together. */
export class Throttle {
  readonly bytesPerSecond: number;
  readonly #now: () => number;
  /** When all that was let through so far is paid for. */
  #paidUntil = Number.NEGATIVE_INFINITY;

  /**
   * @param bytesPerSecond above 0
   * @param now milliseconds of a clock that only goes forward
   */
  constructor(bytesPerSecond: number, now: () => number) {
    this.bytesPerSecond = bytesPerSecond;
    this.#now = now;
  }

  /** Bytes that each of so many readers may take at a time, so that what comes at once stays small; no more than `most`. */
  readSize(readers: number, most: number): number {
    const share = Math.floor(((this.bytesPerSecond / readers) * READ) / 1000);
    return Math.min(most, Math.max(LEAST_READ, share));
  }

  /** Counts bytes that have come; returns the milliseconds to wait before any more may come. */
  count(bytes: number): number {
    const now = this.#now();
    this.#paidUntil = Math.max(this.#paidUntil, now - BURST) + (bytes / this.bytesPerSecond) * 1000;
    return Math.max(0, this.#paidUntil - now);
  }
}
