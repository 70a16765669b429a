export interface PrefetchLimits {
  /** Maximum number of results that are in progress or ready. */
  readonly maxAhead: number;
  readonly concurrency: number;
}

/** Starts work on items before their results are requested: in order, several in parallel, and never too far ahead. */
export class Prefetcher<Item, Result> {
  readonly #items: Iterator<Item>;
  readonly #work: (item: Item) => Promise<Result>;
  readonly #limits: PrefetchLimits;
  readonly #results: Promise<Result>[] = [];
  #running = 0;
  #isExhausted = false;
  #onIdle: () => void = () => {};
  /** Settles when all results are ready, or as many as may be ahead. */
  readonly primed: Promise<void>;

  /** @param work must not reject: a failure is a result */
  constructor(items: Iterable<Item>, work: (item: Item) => Promise<Result>, limits: PrefetchLimits) {
    this.#items = items[Symbol.iterator]();
    this.#work = work;
    this.#limits = limits;
    this.primed = new Promise((resolve) => {
      this.#onIdle = resolve;
    });
    this.#startNext();
  }

  /** Returns the result of the next item, undefined after the last. */
  next(): Promise<Result> | undefined {
    const result = this.#results.shift();
    this.#startNext();
    return result;
  }

  #startNext(): void {
    const { concurrency, maxAhead } = this.#limits;
    while (!this.#isExhausted && this.#running < concurrency && this.#results.length < maxAhead) {
      const { done, value } = this.#items.next();
      if (done) this.#isExhausted = true;
      else this.#start(value);
    }
    if (this.#running === 0) this.#onIdle();
  }

  #start(item: Item): void {
    this.#running++;
    const result = this.#work(item);
    this.#results.push(result);
    void result.finally(() => {
      this.#running--;
      this.#startNext();
    });
  }
}
