/** How far ahead, and how much of it at a time. */
export interface LookAheadLimits {
  /** Items begun that nobody has taken yet, at most. */
  readonly ahead: number;
  readonly atATime: number;
}

/** Works on items before anybody needs them: in their order, several at a time, and never further ahead than told. */
export class LookAhead<Item, Result> {
  readonly #items: Iterator<Item>;
  readonly #work: (item: Item) => Promise<Result>;
  readonly #limits: LookAheadLimits;
  readonly #results: Promise<Result>[] = [];
  #running = 0;
  #isExhausted = false;
  #onIdle: () => void = () => {};
  /** Settles when as much is ready as may be: all of it, or all that may be ahead. */
  readonly filled: Promise<void>;

  /** @param work must not reject: a failure is a result like another */
  constructor(items: Iterable<Item>, work: (item: Item) => Promise<Result>, limits: LookAheadLimits) {
    this.#items = items[Symbol.iterator]();
    this.#work = work;
    this.#limits = limits;
    this.filled = new Promise((resolve) => {
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
      this.#running < this.#limits.atATime &&
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
