export interface PacerOptions {
  readonly pauseSeconds: number;
  readonly jobs: number;
  /** Called before each pause, with its full length. */
  readonly onPause: (seconds: number) => void;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
  readonly monotonic: () => number;
}

/**
 * Makes pauses between downloads of model files, for the server's sake. With one job, a download waits after the end of
 * the one before; with several, they start one pause apart. A model whose file is not fetched from the network neither
 * waits nor makes others wait, even if its images are fetched: the host of images has a limit of its own.
 */
export class Pacer {
  readonly #options: PacerOptions;
  #queue: Promise<void> = Promise.resolve();
  #lastStartMs: number | undefined;
  #hasFinishedSinceStart = false;

  constructor(options: PacerOptions) {
    this.#options = options;
  }

  /** Waits until a download may request its first byte. */
  waitForSlot(): Promise<void> {
    const slot = this.#queue.then(() => this.#pause());
    this.#queue = slot.catch(() => {});
    return slot;
  }

  /** Must be called after a download that has waited for a slot. */
  finished(): void {
    this.#hasFinishedSinceStart = true;
  }

  async #pause(): Promise<void> {
    const { pauseSeconds, sleep, signal, monotonic, onPause } = this.#options;
    const waitMs = this.#waitMs();
    if (waitMs > 0) {
      onPause(pauseSeconds);
      await sleep(waitMs, signal);
    }
    this.#lastStartMs = monotonic();
    this.#hasFinishedSinceStart = false;
  }

  #waitMs(): number {
    const { pauseSeconds, jobs, monotonic } = this.#options;
    const pauseMs = pauseSeconds * 1_000;
    if (this.#lastStartMs === undefined) return 0;
    if (jobs === 1) return this.#hasFinishedSinceStart ? pauseMs : 0;
    return Math.max(0, this.#lastStartMs + pauseMs - monotonic());
  }
}
