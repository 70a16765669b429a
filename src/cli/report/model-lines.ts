import { basename, relative } from 'node:path';
import type { DownloadEvent, FileOutcome, Outcome } from '../../download/events.js';
import { InterruptedError, type SelectionError } from '../../errors.js';
import { formatBytes, stripControlChars } from '../../text.js';
import { count, formatDuration } from '../terminal/format.js';
import { unwrapped } from '../terminal/frame-terminal.js';
import type { Glyphs, Sign } from '../terminal/glyphs.js';
import type { Layout } from '../terminal/layout.js';
import type { Style } from '../terminal/style.js';
import { describeProblem } from './error-report.js';
import {
  describePause,
  describeVerification,
  formatSource,
  type ResolvedEvent,
  runEventLines,
  skippedLines,
  transferLines,
  triggerWordLines,
  warningLine,
} from './event-lines.js';
import { type ModelLine, messageLine, modelLine } from './model-line.js';
import { haltTracker, type ItemCount, ReceivedBytes, type Renderer } from './renderers.js';

export interface ModelLinesOptions {
  readonly run: ItemCount;
  readonly rootDir: string;
  readonly verbose: boolean;
  readonly style: Style;
  readonly glyphs: Glyphs;
  readonly layout: Layout;
  readonly terminal: { readonly columns?: number | undefined };
  readonly now: () => number;
}

type EventOfItem = Extract<DownloadEvent, { readonly item: number }>;
type FinishedEvent = Extract<EventOfItem, { type: 'finished' }>;
type DoneOutcome = Extract<Outcome, { status: 'done' }>;

/** The known state of a running item. */
interface Item {
  source: string;
  resolved?: ResolvedEvent;
  startedAt: number;
  /** Sizes of its files by path. */
  readonly sizes: Map<string, number>;
  /** Size of the current file as its transfer has it. */
  transferSize?: number | undefined;
  hasSeveralFiles: boolean;
}

/** Some versions list whole prompts as trigger words. */
const MAX_WORD_LINES = 4;
const INDENT = '  ';
const DEFAULT_COLUMNS = 80;
const SIGNS: Readonly<Record<FileOutcome['how'], Sign>> = {
  downloaded: 'downloaded',
  replaced: 'downloaded',
  cached: 'cached',
  present: 'present',
  'left-out': 'downloaded',
};

/**
 * Returns a renderer for a terminal: one line for each model that has ended, with its trigger words below, and the
 * problems on the way.
 */
export function modelLines(options: ModelLinesOptions): Renderer {
  const lines = new ModelLines(options);
  return (event) => lines.render(event);
}

class ModelLines {
  readonly #options: ModelLinesOptions;
  readonly #items = new Map<number, Item>();
  readonly #received = new ReceivedBytes();
  readonly #isHaltFailure = haltTracker();

  constructor(options: ModelLinesOptions) {
    this.#options = options;
  }

  render(event: DownloadEvent): readonly string[] {
    this.#received.add(event);
    const isPrinted = this.#isHaltFailure(event);
    if (!('item' in event)) {
      if (event.type === 'pausing') return [];
      return this.#wrap(runEventLines(event, this.#options.style).map((line) => line.trim()));
    }
    const item = this.#itemOf(event);
    this.#note(item, event);
    if (event.type !== 'finished') return this.#problems(item, event);
    const lines = this.#ending(item, event, isPrinted);
    item.transferSize = undefined;
    if (event.isLast) this.#items.delete(event.item);
    return lines;
  }

  #itemOf({ item }: EventOfItem): Item {
    const known = this.#items.get(item) ?? {
      source: String(item),
      startedAt: this.#options.now(),
      sizes: new Map(),
      hasSeveralFiles: false,
    };
    this.#items.set(item, known);
    return known;
  }

  #note(item: Item, event: EventOfItem): void {
    if (event.type === 'planned' && event.plan.modelFile?.file.size !== undefined)
      item.sizes.set(event.plan.modelFile.target, event.plan.modelFile.file.size);
    if (event.type === 'started') item.source = formatSource(event.subject);
    if (event.type === 'started' || event.type === 'file-started') item.startedAt = this.#options.now();
    if (event.type === 'file-started') item.transferSize = undefined;
    if (event.type === 'file-progress') item.transferSize = event.total;
    if (event.type === 'resolved') item.resolved = event;
    if (event.type === 'finished' && !event.isLast) item.hasSeveralFiles = true;
  }

  #problems(item: Item, event: EventOfItem): readonly string[] {
    const lines = problemLines(event, this.#options.style);
    return this.#wrap(lines.map((line) => `${nameOf(item)}: ${line}`));
  }

  #ending(item: Item, { item: number, outcome }: FinishedEvent, isPrinted: boolean): readonly string[] {
    const { run } = this.#options;
    switch (outcome.status) {
      case 'done':
        return this.#doneLines(item, outcome);
      case 'repeated':
        return [this.#message(item, 'present', 'duplicate of a file earlier in this run')];
      case 'failed': {
        if (outcome.error instanceof InterruptedError) {
          const pause = describePause(this.#received.ofItem(number));
          return [this.#message(item, 'paused', pause)];
        }
        // The summary prints the only failure of a run with one item.
        if (run.items === 1) return [];
        const reason = isPrinted ? 'failed for the same reason' : describeProblem(outcome.error).message;
        return [this.#message(item, 'failed', reason)];
      }
      case 'passed-over':
        return this.#passedOver(item, outcome.reason);
      case 'planned':
      case 'not-started':
        return [];
    }
  }

  /** Of a single model, and with --verbose, the reason is shown as a whole, else as far as there is room beside the name. */
  #passedOver(item: Item, error: SelectionError): readonly string[] {
    const { run, verbose, layout } = this.#options;
    if (run.items === 1 || verbose) {
      const { message } = describeProblem(error);
      return [this.#message(item, 'passed-over', 'passed over'), ...layout.wrap(message, INDENT)];
    }
    const named = { ...item, source: stripControlChars(error.subject) };
    return [this.#message(named, 'passed-over', stripControlChars(error.problem))];
  }

  #doneLines(item: Item, outcome: DoneOutcome): readonly string[] {
    const { style, verbose, rootDir, layout, now } = this.#options;
    const { file } = outcome;
    const path = file.how === 'left-out' ? '' : stripControlChars(relative(rootDir, file.target));
    const size = item.transferSize ?? item.sizes.get(file.target);
    const line = modelLine(
      {
        ...this.#head(item, SIGNS[file.how]),
        ...(item.hasSeveralFiles && { name: basename(path), version: '' }),
        kind: kindOf(item),
        size: size === undefined ? '' : formatBytes(size),
        time: file.how === 'present' ? '' : formatDuration(now() - item.startedAt),
        path: verbose ? '' : path,
      },
      this.#columns,
      style,
    );
    const words = item.resolved ? triggerWordLines(item.resolved) : [];
    return [
      unwrapped(line),
      ...(verbose && path !== '' ? layout.wrap(path, INDENT).map(style.dim) : []),
      ...notesOf(outcome).flatMap((note) => layout.wrap(note, INDENT).map(style.warn)),
      ...words.flatMap((text) => this.#words(text)),
    ];
  }

  #words(text: string): readonly string[] {
    const { layout, style } = this.#options;
    const lines = layout.wrap(text, INDENT, INDENT + INDENT);
    const shown = lines.slice(0, MAX_WORD_LINES);
    if (shown.length < lines.length) shown.push(`${INDENT}${INDENT}…`);
    return shown.map(style.dim);
  }

  #message(item: Item, sign: Sign, message: string): string {
    return unwrapped(messageLine(this.#head(item, sign), message, this.#columns, this.#options.style));
  }

  #head(item: Item, sign: Sign): Pick<ModelLine, 'sign' | 'name' | 'version' | 'page'> {
    const { style, glyphs } = this.#options;
    const paint = {
      downloaded: style.good,
      present: style.good,
      cached: style.good,
      failed: style.bad,
      paused: style.warn,
      'passed-over': style.dim,
    }[sign];
    const { resolved, source } = item;
    return {
      sign: paint(glyphs.signs[sign]),
      name: resolved ? stripControlChars(resolved.model.name) : source,
      version: resolved ? stripControlChars(resolved.version.name) : '',
      page: resolved?.page,
    };
  }

  #wrap(lines: readonly string[]): readonly string[] {
    return lines.flatMap((line) => this.#options.layout.wrap(line, '', INDENT));
  }

  get #columns(): number {
    return this.#options.terminal.columns || DEFAULT_COLUMNS;
  }
}

function problemLines(event: EventOfItem, style: Style): readonly string[] {
  switch (event.type) {
    case 'resolved':
      return skippedLines(event.skipped, style);
    case 'file-noticed':
      return event.notice.type === 'resumed' ? [] : transferLines(event.notice, style);
    case 'noted':
      return [stripControlChars(event.text)];
    case 'image-finished':
    case 'warned':
      return event.error === undefined ? [] : [warningLine(event, style)];
    default:
      return [];
  }
}

function nameOf({ resolved, source }: Item): string {
  return resolved ? stripControlChars(`${resolved.model.name} ${resolved.version.name}`) : source;
}

function kindOf({ resolved }: Item): string {
  return resolved ? stripControlChars(`${resolved.model.type}, ${resolved.version.baseModel}`) : '';
}

/** Lists what a user should know of a file beyond its sign. */
function notesOf({ file, images }: DoneOutcome): readonly string[] {
  const isReplaced = file.how === 'replaced' || file.cached?.replaced === true;
  const isWeak = file.verified === undefined || file.verified === 'size';
  return [
    isReplaced && 'replaced the existing file',
    isWeak && describeVerification(file).replace(/^, /, ''),
    file.how === 'left-out' && 'without the model file',
    images.failed > 0 && `${count(images.failed, 'image')} failed`,
  ].filter((note) => typeof note === 'string' && note !== '') as string[];
}
