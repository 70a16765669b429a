import type { DownloadEvent, FileOutcome } from '../download/events.js';

type ResolvedEvent = Extract<DownloadEvent, { type: 'resolved' }>;

/** A model whose files are on disk. */
export interface FinishedModel extends Pick<ResolvedEvent, 'model' | 'version' | 'page'> {
  /** Those that did not fail, the primary one first. */
  readonly files: readonly FileOutcome[];
}

/** Collects the events of each model until its last file has ended. */
export class ModelCollector {
  readonly #resolved = new Map<number, ResolvedEvent>();
  readonly #files = new Map<number, readonly FileOutcome[]>();

  /** Returns the model whose last file this event ends, unless all of its files failed. */
  add(event: DownloadEvent): FinishedModel | undefined {
    if (event.type === 'resolved') this.#resolved.set(event.item, event);
    if (event.type !== 'finished') return undefined;
    const { item, outcome, isLast } = event;
    const files = [...(this.#files.get(item) ?? []), ...(outcome.status === 'done' ? [outcome.file] : [])];
    this.#files.set(item, files);
    if (!isLast) return undefined;
    const resolved = this.#resolved.get(item);
    this.#resolved.delete(item);
    this.#files.delete(item);
    if (!resolved || files.length === 0) return undefined;
    const { model, version, page } = resolved;
    return { model, version, page, files };
  }
}
