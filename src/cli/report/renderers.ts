import type { DownloadEvent, Outcome } from '../../download/events.js';
import { CivitdlError, InterruptedError } from '../../errors.js';
import { stripControlChars } from '../../text.js';
import type { Style } from '../terminal/style.js';
import { describeProblem } from './error-report.js';
import {
  describeFile,
  describeImages,
  eventLines,
  formatSource,
  runEventLines,
  skippedLines,
  transferLines,
  warningLine,
} from './event-lines.js';

/** Turns events into lines. */
export type Renderer = (event: DownloadEvent) => readonly string[];

type EventOfItem = Extract<DownloadEvent, { readonly item: number }>;

/** Renders each step of one item after another, except what a bar shows. */
export function sequential(
  style: Style,
  { items, hasBar }: { readonly items: number; readonly hasBar: boolean },
): Renderer {
  const isHaltFailure = haltTracker();
  return (event) => {
    if (hasBar && (event.type === 'file-started' || event.type === 'images-started')) return [];
    const isPrinted = isHaltFailure(event);
    if (event.type !== 'finished' || event.outcome.status !== 'failed') return eventLines(event, style);
    // The summary prints the only failure of a run with one item.
    if (items === 1) return [];
    return isPrinted ? [style.bad('  failed for the same reason')] : eventLines(event, style);
  };
}

/** Renders the steps of several items at the same time: each line begins with the number of its item. */
export function interleaved(style: Style, items: number): Renderer {
  const render = sequential(style, { items, hasBar: false });
  return (event) => {
    if (event.type === 'pausing') return [];
    if (!('item' in event)) return render(event).map((line) => line.trim());
    const number = style.dim(`[${event.item}/${items}]`);
    return event.type === 'started' ? render(event) : render(event).map((line) => `${number} ${line.trim()}`);
  };
}

/** Renders the result of each file in one line, and the problems on the way. */
export function perFile(style: Style): Renderer {
  const names = new ItemNames(style);
  const isHaltFailure = haltTracker();
  return (event) => {
    const isPrinted = isHaltFailure(event);
    if (!('item' in event))
      return event.type === 'pausing' ? [] : runEventLines(event, style).map((line) => line.trim());
    const name = names.nameOf(event);
    return itemLines(event, isPrinted, style).map((line) => `${name}: ${line}`);
  };
}

/** Renders only failures, and the error that halts the run. */
export function errorsOnly(style: Style): Renderer {
  const names = new ItemNames(style);
  const isHaltFailure = haltTracker();
  return (event) => {
    const isPrinted = isHaltFailure(event);
    if (event.type === 'halted') return runEventLines(event, style);
    if (!('item' in event)) return [];
    const name = names.nameOf(event);
    if (event.type !== 'finished' || event.outcome.status !== 'failed' || isPrinted) return [];
    // The user who interrupts a run knows it.
    if (event.outcome.error instanceof InterruptedError) return [];
    return outcomeLines(event.outcome, false, style).map((line) => `${name}: ${line}`);
  };
}

function itemLines(event: EventOfItem, isPrinted: boolean, style: Style): readonly string[] {
  switch (event.type) {
    case 'resolved':
      return skippedLines(event.skipped, style);
    case 'file-noticed':
      return event.notice.type === 'resumed' ? [] : transferLines(event.notice, style);
    case 'image-finished':
    case 'warned':
      return event.error === undefined ? [] : [warningLine(event, style)];
    case 'finished':
      return outcomeLines(event.outcome, isPrinted, style);
    default:
      return [];
  }
}

function outcomeLines(outcome: Outcome, isPrinted: boolean, style: Style): readonly string[] {
  switch (outcome.status) {
    case 'failed':
      return [
        style.bad(
          isPrinted ? 'failed for the same reason' : `failed: ${describeProblem(outcome.error).message}`,
        ),
      ];
    case 'repeated':
      return ['duplicate of a file earlier in this run'];
    case 'done': {
      const result = [style.good(describeFile(outcome.file)), describeImages(outcome.images)]
        .filter(Boolean)
        .join(', ');
      return [outcome.file.how === 'left-out' ? result : `${result}: ${outcome.file.target}`];
    }
    case 'planned':
    case 'not-started':
      return [];
  }
}

/** Names of the running items: the source until the model is known. */
class ItemNames {
  readonly #style: Style;
  readonly #names = new Map<number, string>();

  constructor(style: Style) {
    this.#style = style;
  }

  nameOf(event: EventOfItem): string {
    const { item } = event;
    if (event.type === 'started') this.#names.set(item, formatSource(event.subject));
    if (event.type === 'resolved') {
      const { model, version } = event;
      this.#names.set(
        item,
        `${this.#style.bold(stripControlChars(model.name))} ${stripControlChars(version.name)}`,
      );
    }
    const name = this.#names.get(item) ?? String(item);
    if (event.type === 'finished' && event.isLast) this.#names.delete(item);
    return name;
  }
}

/** Returns a function that sees all events, and tells whether one is a failure whose error has halted the run. */
function haltTracker(): (event: DownloadEvent) => boolean {
  let haltCode: string | undefined;
  return (event) => {
    if (event.type === 'halted' && event.error instanceof CivitdlError) haltCode = event.error.code;
    if (event.type !== 'finished' || event.outcome.status !== 'failed') return false;
    const { error } = event.outcome;
    return error instanceof CivitdlError && error.code === haltCode;
  };
}
