import { CautionError } from '../errors.js';
import type { RunContext } from './context.js';
import type { EmitItem, Outcome, Warning } from './events.js';
import type { FinishedFile } from './finished-versions.js';
import type { CompleteFile } from './item.js';
import type { ListedItem } from './listed-item.js';
import type { PreparedItem } from './prepare.js';
import { writtenFiles } from './written-files.js';

/** Watches the download of a listed version, and remembers it if everything is there at the end. */
export class FinishedRecorder {
  readonly #listed: ListedItem;
  readonly #prepared: PreparedItem;
  readonly #files: FinishedFile[] = [];
  #isIncomplete: boolean;

  constructor(listed: ListedItem, prepared: PreparedItem) {
    this.#listed = listed;
    this.#prepared = prepared;
    this.#isIncomplete = prepared.warnings.some(leavesOut);
  }

  /** Returns a function that emits the events of the item. */
  watch(emit: EmitItem): EmitItem {
    return (event) => {
      this.#isIncomplete ||= event.type === 'warned' && leavesOut(event);
      emit(event);
    };
  }

  readonly onComplete = ({ fileId, plan, done }: CompleteFile): void => {
    this.#isIncomplete ||= done.images.failed > 0;
    const hasSidecars = plan.sidecars !== undefined;
    this.#files.push({ fileId, done, others: writtenFiles(plan), hasSidecars });
  };

  /** @param outcomes of all files */
  async end(outcomes: readonly Outcome[], { finished, dryRun }: RunContext): Promise<void> {
    const isDone = outcomes.length > 0 && outcomes.every(({ status }) => status === 'done');
    if (!finished || dryRun || this.#isIncomplete || !isDone) return;
    await finished.add(this.#listed, this.#prepared.resolved, this.#files);
  }
}

/** Whether a later run may get what is missing because of a warning. */
function leavesOut({ error }: Warning): boolean {
  return !(error instanceof CautionError);
}
