import type { PartFile } from './part-file.js';
import type { Tuning } from './tuning.js';

/** Sees to it that a part file's record is never far behind what is written. */
export class Checkpointer {
  readonly #part: PartFile;
  readonly #tuning: Tuning;
  readonly #now: () => number;
  #notedAt: number;
  #flushedAt: number;
  #flushed: number;
  #working: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(part: PartFile, tuning: Tuning, now: () => number) {
    this.#part = part;
    this.#tuning = tuning;
    this.#now = now;
    this.#notedAt = now() + tuning.firstJournalMs - tuning.journalMs;
    this.#flushedAt = now();
    this.#flushed = part.done.size;
  }

  /**
   * Starts what is due.
   * @throws what an earlier step failed with
   */
  tick(): void {
    if (this.#failure) throw this.#failure.error;
    if (this.#working !== undefined) return;
    const now = this.#now();
    const { size } = this.#part.done;
    // It may have started over in the meantime.
    this.#flushed = Math.min(this.#flushed, size);
    const isFlushDue =
      size - this.#flushed >= this.#tuning.checkpointBytes ||
      (size > this.#flushed && now - this.#flushedAt >= this.#tuning.checkpointMs);
    if (isFlushDue) {
      this.#flushed = size;
      this.#flushedAt = now;
      this.#start(this.#part.checkpoint());
    } else if (now - this.#notedAt >= this.#tuning.journalMs) {
      this.#notedAt = now;
      this.#start(this.#part.journal());
    }
  }

  /** Waits for what is under way. */
  async settled(): Promise<void> {
    await this.#working;
  }

  #start(work: Promise<void>): void {
    this.#working = work
      .catch((error: unknown) => {
        this.#failure = { error };
      })
      .finally(() => {
        this.#working = undefined;
      });
  }
}
