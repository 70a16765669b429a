import type { HttpResponse } from './client.js';
import { MAX_RETRY_AFTER_MS } from './retry-after.js';

/** Milliseconds between two requests to a server that has said for the first time that it is too much, and at most. */
const FIRST_SPACING = 500;
const LONGEST_SPACING = 30_000;
/** What an answer that is well leaves of the spacing, and what is too little to matter. */
const RELIEF = 0.8;
const NO_SPACING = 50;
/** One failure is nobody's fault. */
const FAILURES_IN_A_ROW = 3;

/** How fast one server may be asked: freely, until it says that it is too much. */
export class OriginPacer {
  readonly #monotonic: () => number;
  readonly #onSlowed: () => void;
  #spacing = 0;
  /** When the next one may be sent. */
  #next = Number.NEGATIVE_INFINITY;
  /** Nothing is sent before, whoever was told another time. */
  #heldUntil = Number.NEGATIVE_INFINITY;
  #slowedAt = Number.NEGATIVE_INFINITY;
  #failures = 0;

  /**
   * @param monotonic milliseconds of a clock that only goes forward
   * @param onSlowed told when it is too much for the first time
   */
  constructor(monotonic: () => number, onSlowed: () => void) {
    this.#monotonic = monotonic;
    this.#onSlowed = onSlowed;
  }

  /** The turn of a request: milliseconds from now. */
  take(): number {
    const now = this.#monotonic();
    const at = Math.max(now, this.#next);
    if (this.#spacing > 0) this.#next = at + this.#spacing;
    return at - now;
  }

  /** Whether even those whose turn has come have to wait for another one. */
  get isHeld(): boolean {
    return this.#monotonic() < this.#heldUntil;
  }

  /**
   * Learns from an answer.
   * @param sentAt when it was asked for, on the clock
   */
  record({ status, retryAfterMs }: Pick<HttpResponse, 'status' | 'retryAfterMs'>, sentAt: number): void {
    this.#failures = status >= 500 ? this.#failures + 1 : 0;
    if (status === 429 || this.#failures >= FAILURES_IN_A_ROW) this.#slow(retryAfterMs, sentAt);
    else if (status < 500) this.#relieve();
  }

  #slow(retryAfterMs: number | undefined, sentAt: number): void {
    const now = this.#monotonic();
    if (this.#slowedAt === Number.NEGATIVE_INFINITY) this.#onSlowed();
    // What was under way together is refused together, and says one thing.
    if (sentAt > this.#slowedAt) {
      this.#spacing = Math.min(LONGEST_SPACING, Math.max(FIRST_SPACING, this.#spacing * 2));
      this.#slowedAt = now;
    }
    // Nobody waits for hours: what is asked then fails, and says so.
    const hold = retryAfterMs !== undefined && retryAfterMs <= MAX_RETRY_AFTER_MS ? retryAfterMs : 0;
    this.#heldUntil = Math.max(this.#heldUntil, now + hold);
    this.#next = Math.max(this.#next, this.#heldUntil, now + this.#spacing);
  }

  #relieve(): void {
    this.#spacing *= RELIEF;
    if (this.#spacing < NO_SPACING) this.#spacing = 0;
  }
}
