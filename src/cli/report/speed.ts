/** Milliseconds that a speed looks back: long enough to be calm, short enough to be true. */
const WINDOW = 5_000;

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

/** Bytes per second over the last few seconds. */
export class Speed {
  #samples: Sample[] = [];

  /** @param at milliseconds */
  add(bytes: number, at: number): void {
    this.#samples.push({ at, bytes });
    while ((this.#samples[1]?.at ?? at) < at - WINDOW) this.#samples.shift();
  }

  /** Undefined until there is something to tell. */
  get bytesPerSecond(): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.at === first.at) return undefined;
    return ((last.bytes - first.bytes) / (last.at - first.at)) * 1000;
  }
}
