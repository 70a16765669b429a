/** What pauses need. */
export interface PacerOptions {
  /** Seconds between two model downloads. */
  readonly seconds: number;
  /** Model downloads at a time. */
  readonly jobs: number;
  /** Told of each pause, in seconds. */
  readonly onPause: (seconds: number) => void;
  /** Waits that many milliseconds, or rejects with the signal's reason. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number;
}

/**
 * Rests for the server's sake: one download after another waits after the end of the one before, several at a time begin
 * one pause after another. What transfers nothing neither rests nor makes others rest.
 */
export class Pacer {
  readonly #deps: PacerOptions;
  #turn: Promise<void> = Promise.resolve();
  /** From when the next pause counts; undefined where nothing has been downloaded yet. */
  #since: number | undefined;
  #isRested = true;

  constructor(deps: PacerOptions) {
    this.#deps = deps;
  }

  /**
   * To be awaited before a model's first byte is asked for.
   * @throws the signal's reason
   */
  waitForSlot(): Promise<void> {
    const turn = this.#turn.then(() => this.#pause());
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** A model for which bytes were asked for has ended. */
  finished(): void {
    this.#isRested = false;
  }

  async #pause(): Promise<void> {
    const { seconds, sleep, signal, monotonic, onPause } = this.#deps;
    const wait = this.#wait();
    if (wait > 0) {
      onPause(seconds);
      await sleep(wait, signal);
    }
    this.#since = monotonic();
    this.#isRested = true;
  }

  /** Milliseconds. */
  #wait(): number {
    const { seconds, jobs, monotonic } = this.#deps;
    if (this.#since === undefined) return 0;
    if (jobs === 1) return this.#isRested ? 0 : seconds * 1_000;
    return Math.max(0, this.#since + seconds * 1_000 - monotonic());
  }
}
