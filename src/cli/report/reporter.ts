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
 * Progress goes to stderr as lines, and on a terminal with bars below them. Results go to stdout where that is a pipe or
 * a file; on a terminal the lines tell them already.
 */
export async function createReporter(machine: Machine, telling: ReporterOptions): Promise<Reporter> {
  const { stderr, now, every } = machine;
  const { items, jobs, quiet, json, dryRun } = telling;
  const tally = new Totals(items, now);
  const hasBar = stderr.isTTY === true && !quiet && !json && !dryRun;
  const screen = hasBar ? await openScreen(machine, items, jobs, tally) : undefined;
  const say = (line: string) => {
    if (screen) screen.print(`${line}\n`);
    else stderr.write(`${line}\n`);
  };
  const voice = rendererFor(telling, hasBar);
  const heartbeat = () => say(totalLine(tally.current, Number.POSITIVE_INFINITY));
  const stopHeartbeat = hasBar || quiet ? () => {} : every(HEARTBEAT_MS, heartbeat);
  const emit = (event: DownloadEvent) => {
    tally.add(event);
    const lines = voice(event);
    if (lines.length > 0) say(lines.join('\n'));
    screen?.show(event);
    const results = resultsOf(event, telling);
    if (results.length > 0) screen?.clear();
    for (const result of results) telling.results?.write(`${result}\n`);
  };
  const close = () => {
    stopHeartbeat();
    screen?.close();
  };
  return { emit, print: say, close };
}

function rendererFor({ items, jobs, quiet, style }: ReporterOptions, hasBar: boolean): Renderer {
  if (quiet) return errorsOnly(style);
  if (jobs === 1 || items === 1) return sequential(style, { items, hasBar });
  return hasBar ? perFile(style) : interleaved(style, items);
}

async function openScreen(
  machine: Machine,
  items: number,
  jobs: number,
  tally: Totals,
): Promise<LiveProgress> {
  const { LiveProgress } = await import('./live-progress.js');
  return new LiveProgress(machine, items > 1 ? () => tally.current : undefined, jobs);
}

function resultsOf(event: DownloadEvent, { results, dryRun }: ReporterOptions): readonly string[] {
  if (dryRun && event.type === 'planned') return planLines(event);
  return event.type === 'file-finished' && results && !results.isTTY ? [event.file.target] : [];
}
