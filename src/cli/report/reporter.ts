import type { DownloadEvent, Emit } from '../../download/events.js';
import type { Context, Output } from '../context.js';
import type { Style } from '../terminal/style.js';
import type { LiveProgress } from './live-progress.js';
import { planLines } from './plan-report.js';
import { errorsOnly, interleaved, perFile, type Renderer, sequential } from './renderers.js';
import { Totals, totalLine } from './totals.js';

/** Tells a person what happens. */
export interface Reporter {
  readonly emit: Emit;
  /** Prints a line to stderr. */
  print(line: string): void;
  /** Leaves the terminal as it was. */
  close(): void;
}

/** What there is to tell, and how. */
export interface ReporterOptions {
  readonly items: number;
  /** How many of them at a time. */
  readonly jobs: number;
  readonly dryRun: boolean;
  /** Whether nothing but failures is told. */
  readonly quiet: boolean;
  /** Whether a program reads what happens, perhaps on this very terminal: then there are no bars between its lines. */
  readonly json: boolean;
  /** Where results go: the paths of model files, or a plan; undefined where they go nowhere. */
  readonly results: Output | undefined;
  readonly style: Style;
}

type Machine = Pick<Context, 'stderr' | 'now' | 'every' | 'atExit'>;

/** Milliseconds between two signs of life where there are no bars. */
const HEARTBEAT_MS = 30_000;

/**
 * Reporter goes to stderr as lines, and on a terminal with bars below them. Results go to stdout where that is a pipe or
 * a file; on a terminal the lines tell them already.
 */
export async function createReporter(context: Machine, telling: ReporterOptions): Promise<Reporter> {
  const { stderr, now, every } = context;
  const { items, quiet, json, dryRun } = telling;
  const totals = new Totals(items, now);
  const hasBar = stderr.isTTY === true && !quiet && !json && !dryRun;
  const live = hasBar ? await openLive(context, telling, totals) : undefined;
  const print = (line: string) => {
    if (live) live.print(line);
    else stderr.write(`${line}\n`);
  };
  const voice = rendererFor(telling, hasBar);
  const heartbeat = () => print(totalLine(totals.current, Number.POSITIVE_INFINITY));
  const stopHeartbeat = hasBar || quiet ? () => {} : every(HEARTBEAT_MS, heartbeat);
  const emit = (event: DownloadEvent) => {
    totals.add(event);
    const lines = voice(event);
    if (lines.length > 0) print(lines.join('\n'));
    live?.show(event);
    const results = resultsOf(event, telling);
    if (results.length > 0) live?.clear();
    for (const result of results) telling.results?.write(`${result}\n`);
  };
  const close = () => {
    stopHeartbeat();
    live?.close();
  };
  return { emit, print, close };
}

function rendererFor({ items, jobs, quiet, style }: ReporterOptions, hasBar: boolean): Renderer {
  if (quiet) return errorsOnly(style);
  if (jobs === 1 || items === 1) return sequential(style, { items, hasBar });
  return hasBar ? perFile(style) : interleaved(style, items);
}

async function openLive(
  context: Machine,
  { items, jobs }: ReporterOptions,
  totals: Totals,
): Promise<LiveProgress> {
  const { LiveProgress } = await import('./live-progress.js');
  return new LiveProgress(context, jobs, items > 1 ? totals : undefined);
}

function resultsOf(event: DownloadEvent, { results, dryRun }: ReporterOptions): readonly string[] {
  if (dryRun && event.type === 'planned') return planLines(event);
  return event.type === 'file-finished' && results && !results.isTTY ? [event.file.target] : [];
}
