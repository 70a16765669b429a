import type { DownloadEvent, Emit } from '../../events.js';
import type { Context } from '../context.js';
import { formatBytes } from './format.js';
import { linesOf } from './lines.js';
import type { LiveBar } from './live-bar.js';
import { planLines } from './plan-lines.js';
import type { Style } from './style.js';

/** Tells a person what happens. */
export interface Progress {
  readonly emit: Emit;
  /** Prints a line of progress, a warning or an error, to stderr. */
  say(line: string): void;
  /** Leaves the terminal as it was. */
  close(): void;
}

type Streams = Pick<Context, 'stdout' | 'stderr' | 'now'>;

/** Milliseconds between two signs of life of a transfer where there is no bar. */
const HEARTBEAT = 30_000;

/**
 * Progress goes to stderr as lines, and on a terminal with a bar below them. Results, the paths of model files, go to
 * stdout where that is a pipe or a file; on a terminal the lines tell them already.
 */
export function createProgress(
  { stdout, stderr, now }: Streams,
  style: Style,
  bar: LiveBar | undefined,
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): Progress {
  const say = (line: string) => {
    const print = () => stderr.write(`${line}\n`);
    if (bar) bar.giveWay(print);
    else print();
  };
  const show = bar ? showOn(bar) : heartbeat(say, now);

  let isAlone = false;

  const emit = (event: DownloadEvent) => {
    if (event.type === 'started') isAlone = event.of === 1;
    if (ENDS_A_BAR.has(event.type)) bar?.stop();
    // The one failure of a run of one is told by the summary.
    const isTold = isAlone && event.type === 'finished' && event.outcome.status === 'failed';
    const isShown = bar !== undefined && SHOWN_BY_BAR.has(event.type);
    if (!isTold && !isShown) for (const line of linesOf(event, style)) say(line);
    show(event);
    if (dryRun && event.type === 'planned')
      for (const line of planLines(event.plan, event.from)) stdout.write(`${line}\n`);
    if (event.type === 'file-finished' && !stdout.isTTY) stdout.write(`${event.file.target}\n`);
  };
  return { emit, say, close: () => bar?.stop() };
}

const SHOWN_BY_BAR: ReadonlySet<DownloadEvent['type']> = new Set(['file-started', 'images-started'] as const);
const ENDS_A_BAR: ReadonlySet<DownloadEvent['type']> = new Set([
  'file-finished',
  'images-finished',
  'finished',
] as const);

function showOn(bar: LiveBar): Emit {
  return (event) => {
    if (event.type === 'file-started') bar.start(event.name, event.size, 'bytes');
    if (event.type === 'file-progress') bar.update(event.received, event.total);
    if (event.type === 'images-started') bar.start('images', event.count, 'images');
    if (event.type === 'image-finished') bar.advance();
  };
}

function heartbeat(say: (line: string) => void, now: () => number): Emit {
  let last = now();
  return (event) => {
    if (event.type === 'file-started') last = now();
    if (event.type !== 'file-progress' || now() - last < HEARTBEAT) return;
    last = now();
    say(`  ${formatBytes(event.received)}${event.total ? ` of ${formatBytes(event.total)}` : ''}`);
  };
}
