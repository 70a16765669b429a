import { BackgroundTask } from '../disk/background-task.js';
import type { PartFile } from './part-file.js';
import { RecordError } from './part-record.js';
import type { Tuning } from './tuning.js';

/** Updates the record of a part file regularly, so that a crash loses few bytes. */
export class Checkpointer {
  readonly #part: PartFile;
  readonly #tuning: Tuning;
  readonly #monotonic: () => number;
  #journalAt: number;
  #checkpointAt: number;
  #checkpointBytes: number;
  readonly #writing = new BackgroundTask();

  constructor(part: PartFile, tuning: Tuning, monotonic: () => number) {
    this.#part = part;
    this.#tuning = tuning;
    this.#monotonic = monotonic;
    this.#journalAt = monotonic() + tuning.firstJournalMs - tuning.journalMs;
    this.#checkpointAt = monotonic();
    this.#checkpointBytes = part.done.size;
  }

  /** @throws the error of an earlier step */
  tick(): void {
    this.#writing.throwIfFailed();
    if (!this.#writing.isIdle) return;
    const now = this.#monotonic();
    const { size } = this.#part.done;
    // The part file may have been emptied since.
    this.#checkpointBytes = Math.min(this.#checkpointBytes, size);
    const isCheckpointDue =
      size - this.#checkpointBytes >= this.#tuning.checkpointBytes ||
      (size > this.#checkpointBytes && now - this.#checkpointAt >= this.#tuning.checkpointMs);
    if (isCheckpointDue) {
      this.#checkpointBytes = size;
      this.#checkpointAt = now;
      this.#writing.start(this.#part.checkpoint().catch(ignoreRecordError));
    } else if (now - this.#journalAt >= this.#tuning.journalMs) {
      this.#journalAt = now;
      this.#writing.start(this.#part.journal().catch(ignoreRecordError));
    }
  }

  async settled(): Promise<void> {
    await this.#writing.settled();
  }
}

/** Without a current record, a crash loses more, but the transfer can go on. */
function ignoreRecordError(error: unknown): void {
  if (!(error instanceof RecordError)) throw error;
}
