import type { DownloadEvent } from '../../download/events.js';
import { CivitdlError, InterruptedError } from '../../errors.js';
import type { Style } from '../terminal/style.js';
import { describePause, eventLines } from './event-lines.js';

/** Turns events into lines. */
export type Renderer = (event: DownloadEvent) => readonly string[];

/** The number of items of a run, which grows when lists are read. */
export interface ItemCount {
  readonly items: number;
}

/** Renders each step of one item after another. */
export function sequential(style: Style, run: ItemCount): Renderer {
  const isHaltFailure = haltTracker();
  const received = new ReceivedBytes();
  return (event) => {
    received.add(event);
    const isPrinted = isHaltFailure(event);
    if (event.type !== 'finished' || event.outcome.status !== 'failed') return eventLines(event, style);
    if (event.outcome.error instanceof InterruptedError)
      return [`  ${describePause(received.ofItem(event.item))}`];
    // The summary prints the only failure of a run with one item.
    if (run.items === 1) return [];
    return isPrinted ? [style.bad('  failed for the same reason')] : eventLines(event, style);
  };
}

/** Renders the steps of several items at the same time: each line begins with the number of its item. */
export function interleaved(style: Style, run: ItemCount): Renderer {
  const render = sequential(style, run);
  return (event) => {
    if (run.items === 1) return render(event);
    if (event.type === 'pausing') return [];
    if (!('item' in event)) return render(event).map((line) => line.trim());
    const number = style.dim(`[${event.item}/${run.items}]`);
    return event.type === 'started' ? render(event) : render(event).map((line) => `${number} ${line.trim()}`);
  };
}

/** Renders nothing: the summary prints each failure. */
export const silent: Renderer = () => [];

/** The bytes of the current transfer of each item that are on disk, with those of earlier runs. */
export class ReceivedBytes {
  readonly #bytes = new Map<number, number>();

  add(event: DownloadEvent): void {
    if (!('item' in event)) return;
    const { item } = event;
    // An interrupted copy of another file is not kept.
    if (event.type === 'file-started' && event.copied === undefined) this.#bytes.set(item, 0);
    if (event.type === 'file-progress' && this.#bytes.has(item)) this.#bytes.set(item, event.received);
    if (event.type === 'file-noticed' && event.notice.type === 'resumed')
      this.#bytes.set(item, event.notice.bytes);
    if (event.type === 'file-finished') this.#bytes.delete(item);
  }

  ofItem(item: number): number {
    return this.#bytes.get(item) ?? 0;
  }
}

/** Returns a function that sees all events, and tells whether one is a failure whose error has halted the run. */
export function haltTracker(): (event: DownloadEvent) => boolean {
  let haltCode: string | undefined;
  return (event) => {
    if (event.type === 'halted' && event.error instanceof CivitdlError) haltCode = event.error.code;
    if (event.type !== 'finished' || event.outcome.status !== 'failed') return false;
    const { error } = event.outcome;
    return error instanceof CivitdlError && error.code === haltCode;
  };
}
