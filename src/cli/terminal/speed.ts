/** Milliseconds that the speed of one transfer looks back: long enough to be calm, short enough to be true. */
const WINDOW = 5_000;

/** Milliseconds between two samples: chunks come much faster. */
const STEP = 100;

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

/** Bytes per second over the last few seconds. */
export class Speed {
  #samples: Sample[] = [];
  readonly #window: number;

  /** @param window milliseconds that it looks back */
  constructor(window: number = WINDOW) {
    this.#window = window;
  }

  /** @param at milliseconds */
  add(bytes: number, at: number): void {
    const isEarly = this.#samples.length > 1 && at - (this.#samples.at(-2)?.at ?? 0) < STEP;
    if (isEarly) this.#samples.pop();
    this.#samples.push({ at, bytes });
    while ((this.#samples[1]?.at ?? at) < at - this.#window) this.#samples.shift();
  }

  /** Undefined until there is something to tell. */
  get bytesPerSecond(): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.at === first.at) return undefined;
    return ((last.bytes - first.bytes) / (last.at - first.at)) * 1000;
  }
}
