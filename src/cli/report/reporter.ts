import type { DownloadEvent, Emit } from '../../download/events.js';
import type { Context, Output } from '../context.js';
import type { Style } from '../terminal/style.js';
import type { LiveScreen } from './live-progress.js';
import { planLines } from './plan-report.js';
import { atTheEnd, failuresOnly, numbered, stepByStep, type Voice } from './renderers.js';
import { totalLine } from './total-line.js';
import { Tally } from './totals.js';

/** Tells a person what happens. */
export interface Progress {
  readonly emit: Emit;
  /** Prints a line to stderr. */
  say(line: string): void;
  /** Leaves the terminal as it was. */
  close(): void;
}

/** What there is to tell, and how. */
export interface Telling {
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
const HEARTBEAT = 30_000;

/**
 * Progress goes to stderr as lines, and on a terminal with bars below them. Results go to stdout where that is a pipe or
 * a file; on a terminal the lines tell them already.
 */
export async function createProgress(machine: Machine, telling: Telling): Promise<Progress> {
  const { stderr, now, every } = machine;
  const { items, jobs, quiet, json, dryRun } = telling;
  const tally = new Tally(items, now);
  const hasBar = stderr.isTTY === true && !quiet && !json && !dryRun;
  const screen = hasBar ? await openScreen(machine, items, jobs, tally) : undefined;
  const say = (line: string) => {
    if (screen) screen.print(`${line}\n`);
    else stderr.write(`${line}\n`);
  };
  const voice = voiceFor(telling, hasBar);
  const heartbeat = () => say(totalLine(tally.total, Number.POSITIVE_INFINITY));
  const stopHeartbeat = hasBar || quiet ? () => {} : every(HEARTBEAT, heartbeat);
  const emit = (event: DownloadEvent) => {
    tally.add(event);
    const lines = voice(event);
    if (lines.length > 0) say(lines.join('\n'));
    screen?.show(event);
    const results = resultsOf(event, telling);
    if (results.length > 0) screen?.giveWay();
    for (const result of results) telling.results?.write(`${result}\n`);
  };
  const close = () => {
    stopHeartbeat();
    screen?.close();
  };
  return { emit, say, close };
}

function voiceFor({ items, jobs, quiet, style }: Telling, hasBar: boolean): Voice {
  if (quiet) return failuresOnly(style);
  if (jobs === 1 || items === 1) return stepByStep(style, { items, hasBar });
  return hasBar ? atTheEnd(style) : numbered(style, items);
}

async function openScreen(machine: Machine, items: number, jobs: number, tally: Tally): Promise<LiveScreen> {
  const { LiveScreen } = await import('./live-progress.js');
  return new LiveScreen(machine, items > 1 ? () => tally.total : undefined, jobs);
}

function resultsOf(event: DownloadEvent, { results, dryRun }: Telling): readonly string[] {
  if (dryRun && event.type === 'planned') return planLines(event);
  return event.type === 'file-finished' && results && !results.isTTY ? [event.file.target] : [];
}
