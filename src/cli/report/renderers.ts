import type { DownloadEvent, Outcome } from '../../download/events.js';
import { CivitdlError, InterruptedError } from '../../errors.js';
import { stripControlChars } from '../../text.js';
import type { Style } from '../terminal/style.js';
import { describeProblem } from './error-report.js';
import {
  fileWords,
  imageWords,
  linesOf,
  noticeLines,
  runLines,
  skippedLines,
  subjectOf,
  warningLine,
} from './event-lines.js';

/** Says in lines what happens. */
export type Renderer = (event: DownloadEvent) => readonly string[];

/** Says each step of one item after another. What is shown by a bar is not said. */
export function sequential(
  style: Style,
  { items, hasBar }: { readonly items: number; readonly hasBar: boolean },
): Renderer {
  const isTold = haltedTracker();
  return (event) => {
    if (hasBar && (event.type === 'file-started' || event.type === 'images-started')) return [];
    if (event.type !== 'finished' || event.outcome.status !== 'failed') {
      isTold(event);
      return linesOf(event, style);
    }
    // The one failure of a run of one is told by the summary.
    if (items === 1) return [];
    return isTold(event) ? [style.bad('  failed for the same reason')] : linesOf(event, style);
  };
}

/** The same of several items at a time: each line has its item's number. */
export function interleaved(style: Style, items: number): Renderer {
  const say = sequential(style, { items, hasBar: false });
  return (event) => {
    if (event.type === 'pausing') return [];
    if (!('item' in event)) return say(event).map((line) => line.trim());
    const number = style.dim(`[${event.item}/${items}]`);
    return event.type === 'started' ? say(event) : say(event).map((line) => `${number} ${line.trim()}`);
  };
}

/** Says of each file once, when it ends, what has become of it; and what went wrong on the way. */
export function perFile(style: Style): Renderer {
  const names = new Names(style);
  const isTold = haltedTracker();
  return (event) => {
    const wasTold = isTold(event);
    if (!('item' in event))
      return event.type === 'pausing' ? [] : runLines(event, style).map((line) => line.trim());
    const name = names.of(event);
    return itemLines(event, wasTold, style).map((line) => `${name}: ${line}`);
  };
}

/** Says only what fails, and what that means for the others. */
export function errorsOnly(style: Style): Renderer {
  const names = new Names(style);
  const isTold = haltedTracker();
  return (event) => {
    const wasTold = isTold(event);
    if (event.type === 'halted') return runLines(event, style);
    if (!('item' in event)) return [];
    const name = names.of(event);
    if (event.type !== 'finished' || event.outcome.status !== 'failed') return [];
    // Who interrupts a run knows it.
    if (event.outcome.error instanceof InterruptedError) return [];
    return wasTold ? [] : outcomeLines(event.outcome, wasTold, style).map((line) => `${name}: ${line}`);
  };
}

type OfItem = Extract<DownloadEvent, { readonly item: number }>;

function itemLines(event: OfItem, wasTold: boolean, style: Style): readonly string[] {
  switch (event.type) {
    case 'resolved':
      return skippedLines(event.skipped, style);
    case 'file-noticed':
      return event.notice.type === 'resumed' ? [] : noticeLines(event.notice, style);
    case 'image-finished':
    case 'warned':
      return event.error === undefined ? [] : [warningLine(event.error, style)];
    case 'finished':
      return outcomeLines(event.outcome, wasTold, style);
    default:
      return [];
  }
}

function outcomeLines(outcome: Outcome, wasTold: boolean, style: Style): readonly string[] {
  switch (outcome.status) {
    case 'failed':
      return [
        style.bad(
          wasTold ? 'failed for the same reason' : `failed: ${describeProblem(outcome.error).message}`,
        ),
      ];
    case 'repeated':
      return ['duplicate of a file earlier in this run'];
    case 'done': {
      const words = [style.good(fileWords(outcome.file)), imageWords(outcome.images)]
        .filter(Boolean)
        .join(', ');
      return [outcome.file.how === 'left-out' ? words : `${words}: ${outcome.file.target}`];
    }
    case 'planned':
    case 'not-started':
      return [];
  }
}

/** What items are called as long as something is to be said of them. */
class Names {
  readonly #style: Style;
  readonly #names = new Map<number, string>();

  constructor(style: Style) {
    this.#style = style;
  }

  of(event: OfItem): string {
    const { item } = event;
    if (event.type === 'started') this.#names.set(item, subjectOf(event.subject));
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

/** Whether an item's failure is the one that has been told as what halts the run. */
function haltedTracker(): (event: DownloadEvent) => boolean {
  let told: string | undefined;
  return (event) => {
    if (event.type === 'halted' && event.error instanceof CivitdlError) told = event.error.code;
    if (event.type !== 'finished' || event.outcome.status !== 'failed') return false;
    const { error } = event.outcome;
    return error instanceof CivitdlError && error.code === told;
  };
}
