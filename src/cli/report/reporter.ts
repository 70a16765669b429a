import type { DownloadEvent, Emit } from '../../download/events.js';
import type { Context, Output } from '../context.js';
import type { Style } from '../terminal/style.js';
import type { LiveProgress, LiveProgressContext } from './live-progress.js';
import { planLines } from './plan-report.js';
import { errorsOnly, interleaved, perFile, type Renderer, sequential } from './renderers.js';
import { Totals, totalLine } from './totals.js';

/** Reports the events of a run to a person. */
export interface Reporter {
  readonly emit: Emit;
  /** Prints a line to stderr. */
  print(line: string): void;
  /** Draws nothing until the returned function is called: for a question to the user. */
  suspend(): () => void;
  /** Restores the terminal. */
  close(): void;
}

export interface ReporterOptions {
  readonly items: number;
  /** Number of items that are downloaded in parallel. */
  readonly jobs: number;
  readonly dryRun: boolean;
  /** Whether to print failures only. */
  readonly quiet: boolean;
  /** Whether JSON lines are printed, perhaps to the same terminal: bars would break them. */
  readonly json: boolean;
  /** Receives the paths of model files, or a plan. */
  readonly results: Output | undefined;
  readonly style: Style;
}

interface ReporterContext extends LiveProgressContext {
  readonly stderr: Context['stderr'];
  readonly every: Context['every'];
}

/** Interval of the total without bars. */
const HEARTBEAT_MS = 30_000;

/**
 * Prints progress to stderr as lines, with bars below them on a terminal. Prints results to stdout only if it is a pipe
 * or a file: on a terminal the lines contain them.
 */
export async function createReporter(context: ReporterContext, options: ReporterOptions): Promise<Reporter> {
  const { stderr, now, every } = context;
  const { items, quiet, json, dryRun } = options;
  const totals = new Totals(items, now);
  const hasBar = stderr.isTTY === true && !quiet && !json && !dryRun;
  const live = hasBar ? await openLive(context, options, totals) : undefined;
  const print = (line: string) => {
    if (live) live.print(line);
    else stderr.write(`${line}\n`);
  };
  const render = rendererFor(options, hasBar);
  const heartbeat = () => print(totalLine(totals.current, Number.POSITIVE_INFINITY));
  const stopHeartbeat = hasBar || quiet ? () => {} : every(HEARTBEAT_MS, heartbeat);
  const emit = (event: DownloadEvent) => {
    totals.add(event);
    const lines = render(event);
    if (lines.length > 0) print(lines.join('\n'));
    live?.show(event);
    const results = resultsOf(event, options);
    if (results.length > 0) live?.clear();
    for (const result of results) options.results?.write(`${result}\n`);
  };
  const close = () => {
    stopHeartbeat();
    live?.close();
  };
  return { emit, print, suspend: () => live?.suspend() ?? (() => {}), close };
}

function rendererFor({ items, jobs, quiet, style }: ReporterOptions, hasBar: boolean): Renderer {
  if (quiet) return errorsOnly(style);
  if (jobs === 1 || items === 1) return sequential(style, { items, hasBar });
  return hasBar ? perFile(style) : interleaved(style, items);
}

async function openLive(
  context: ReporterContext,
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
