import type { DownloadEvent, Emit, Planned } from '../../download/events.js';
import type { Context, Output } from '../context.js';
import type { Capabilities } from '../terminal/capabilities.js';
import { createGlyphs } from '../terminal/glyphs.js';
import type { Layout } from '../terminal/layout.js';
import type { Style } from '../terminal/style.js';
import type { LiveProgress, LiveProgressContext } from './live-progress.js';
import { planLines } from './plan-report.js';
import { type ItemCount, interleaved, type Renderer, sequential, silent } from './renderers.js';
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
  /** Number of items, as far as it is known before lists are read. */
  readonly items: number;
  /** Number of items that are downloaded in parallel. */
  readonly jobs: number;
  readonly rootDir: string;
  readonly dryRun: boolean;
  /** Whether to print nothing but the summary's failures. */
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Whether JSON lines are printed, perhaps to the same terminal: bars would break them. */
  readonly json: boolean;
  /** Receives the paths of model files, or a plan. */
  readonly results: Output | undefined;
  readonly style: Style;
  readonly capabilities: Capabilities;
  /** The layout of stderr. */
  readonly layout: Layout;
}

interface ReporterContext extends LiveProgressContext {
  readonly stderr: Context['stderr'];
  readonly every: Context['every'];
}

/** Interval of the total without bars. */
const HEARTBEAT_MS = 30_000;

/**
 * Prints progress to stderr: on a terminal a line for each model that has ended, with bars below, elsewhere a line for
 * each event. Prints results to stdout only if it is a pipe or a file: on a terminal the lines contain them.
 */
export async function createReporter(context: ReporterContext, options: ReporterOptions): Promise<Reporter> {
  const { stderr, now, every } = context;
  const { items, quiet, json, dryRun, capabilities } = options;
  const totals = new Totals(items, now);
  const hasBar = capabilities.cursor && !quiet && !json && !dryRun;
  const live = hasBar ? await openLive(context, options, totals) : undefined;
  const print = (line: string) => {
    if (live) live.print(line);
    else stderr.write(`${line}\n`);
  };
  const render = await rendererFor(context, options, totals);
  const planned = dryRun ? await planFormat(options) : undefined;
  let isSuspended = false;
  const heartbeat = () => {
    if (!isSuspended) print(totalLine(totals.current));
  };
  const stopHeartbeat = hasBar || quiet ? () => {} : every(HEARTBEAT_MS, heartbeat);
  const emit = (event: DownloadEvent) => {
    totals.add(event);
    const lines = render(event);
    if (lines.length > 0) print(lines.join('\n'));
    live?.show(event);
    const results = resultsOf(event, options, planned);
    if (results.length > 0) live?.clear();
    for (const result of results) options.results?.write(`${result}\n`);
  };
  const close = () => {
    stopHeartbeat();
    live?.close();
  };
  const suspend = () => {
    isSuspended = true;
    const resume = live?.suspend();
    return () => {
      isSuspended = false;
      resume?.();
    };
  };
  return { emit, print, suspend, close };
}

async function rendererFor(
  context: ReporterContext,
  options: ReporterOptions,
  run: ItemCount,
): Promise<Renderer> {
  const { jobs, quiet, dryRun, style, capabilities, layout } = options;
  if (quiet) return silent;
  if (capabilities.cursor && !dryRun) {
    const { modelLines } = await import('./model-lines.js');
    return modelLines({
      ...options,
      run,
      glyphs: createGlyphs(capabilities),
      terminal: context.stderr,
      now: context.now,
    });
  }
  return wrapped(jobs === 1 ? sequential(style, run) : interleaved(style, run), layout);
}

function wrapped(render: Renderer, layout: Layout): Renderer {
  return (event) =>
    render(event).flatMap((line) => {
      const text = line.trimStart();
      const indent = ' '.repeat(line.length - text.length);
      return layout.wrap(text, indent, `${indent}  `);
    });
}

async function openLive(
  context: ReporterContext,
  { jobs, capabilities }: ReporterOptions,
  totals: Totals,
): Promise<LiveProgress> {
  const { LiveProgress } = await import('./live-progress.js');
  const { encode } = createGlyphs(capabilities);
  return new LiveProgress(context, { jobs, totals, capabilities, encode });
}

type PlanFormat = (planned: Planned) => readonly string[];

/** Only on a terminal do plans need the widths of characters. */
async function planFormat({ results, rootDir, verbose }: ReporterOptions): Promise<PlanFormat> {
  if (!results?.isTTY) return (planned) => planLines(planned, verbose);
  const { fittedPlanLines } = await import('./plan-lines.js');
  return (planned) => fittedPlanLines(planned, { rootDir, verbose, terminal: results });
}

function resultsOf(
  event: DownloadEvent,
  { results }: ReporterOptions,
  planFormat: PlanFormat | undefined,
): readonly string[] {
  if (planFormat) return event.type === 'planned' ? planFormat(event) : [];
  return event.type === 'file-finished' && results && !results.isTTY ? [event.file.target] : [];
}
