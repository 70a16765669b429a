/** How far ahead, and how much of it at a time. */
export interface PrefetchLimits {
  /** Items begun that nobody has taken yet, at most. */
  readonly ahead: number;
  readonly concurrency: number;
}

/** Works on items before anybody needs them: in their order, several at a time, and never further ahead than told. */
export class Prefetcher<Item, Result> {
  readonly #items: Iterator<Item>;
  readonly #work: (item: Item) => Promise<Result>;
  readonly #limits: PrefetchLimits;
  readonly #results: Promise<Result>[] = [];
  #running = 0;
  #isExhausted = false;
  #onIdle: () => void = () => {};
  /** Settles when as much is ready as may be: all of it, or all that may be ahead. */
  readonly primed: Promise<void>;

  /** @param work must not reject: a failure is a result like another */
  constructor(items: Iterable<Item>, work: (item: Item) => Promise<Result>, limits: PrefetchLimits) {
    this.#items = items[Symbol.iterator]();
    this.#work = work;
    this.#limits = limits;
    this.primed = new Promise((resolve) => {
      this.#onIdle = resolve;
    });
    this.#begin();
  }

  /** The next item's result; undefined after the last. */
  next(): Promise<Result> | undefined {
    const result = this.#results.shift();
    this.#begin();
    return result;
  }

  #begin(): void {
    while (
      !this.#isExhausted &&
      this.#running < this.#limits.concurrency &&
      this.#results.length < this.#limits.ahead
    ) {
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
      this.#begin();
    });
  }
}
