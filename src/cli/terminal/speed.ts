/** Milliseconds over which a speed is measured: long enough to be steady, short enough to be current. */
const WINDOW = 5_000;

/** Milliseconds between two samples, because chunks arrive much more often. */
const INTERVAL = 100;

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

/** Measures bytes per second over the last few seconds. */
export class Speed {
  #samples: Sample[] = [];
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
}
