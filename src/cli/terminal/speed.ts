/** Milliseconds over which a speed is measured: long enough to be steady, short enough to be current. */
const WINDOW = 5_000;

/** Milliseconds between two samples, because chunks arrive much more often. */
const INTERVAL = 100;

/** A connection needs seconds to reach its speed: an estimate of before would be many times too long. */
const MIN_MS_OF_ESTIMATE = 3_000;
/** A longer time is not an estimate, but a transfer that hardly moves. */
const MAX_ESTIMATE_MS = 100 * 3_600_000;

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

/** Measures bytes per second over the last few seconds, from the first byte on. */
export class Speed {
  #samples: Sample[] = [];
  #startedAt: number | undefined;
  readonly #window: number;

  /** @param window milliseconds */
  constructor(window: number = WINDOW) {
    this.#window = window;
  }

  /**
   * @param bytes received in total
   * @param at milliseconds
   */
  add(bytes: number, at: number): void {
    const [first] = this.#samples;
    if (this.#startedAt === undefined && (first?.bytes ?? bytes) === bytes) {
      // The wait for the first byte is not part of the speed.
      this.#samples = [{ at, bytes }];
      return;
    }
    this.#startedAt ??= first?.at;
    const isEarly = this.#samples.length > 1 && at - (this.#samples.at(-2)?.at ?? 0) < INTERVAL;
    if (isEarly) this.#samples.pop();
    this.#samples.push({ at, bytes });
    while ((this.#samples[1]?.at ?? at) < at - this.#window) this.#samples.shift();
  }

  /** Undefined before there are two samples. */
  get bytesPerSecond(): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.at === first.at) return undefined;
    return ((last.bytes - first.bytes) / (last.at - first.at)) * 1000;
  }

  /** Estimates the milliseconds until so many more bytes have arrived; undefined while it cannot be known. */
  msLeft(bytes: number): number | undefined {
    const speed = this.bytesPerSecond;
    const measuredMs = (this.#samples.at(-1)?.at ?? 0) - (this.#startedAt ?? Number.POSITIVE_INFINITY);
    if (!speed || speed < 0 || bytes <= 0 || measuredMs < MIN_MS_OF_ESTIMATE) return undefined;
    const ms = (bytes / speed) * 1000;
    return ms <= MAX_ESTIMATE_MS ? ms : undefined;
  }
}
