import type { Outcome } from '../../download/events.js';
import { CivitdlError, InterruptedError } from '../../errors.js';
import { formatBytes } from '../../text.js';
import { count, formatDuration } from '../terminal/format.js';
import type { Style } from '../terminal/style.js';
import { listLines } from '../terminal/table.js';
import { describeProblem } from './error-report.js';
import { subjectOf } from './event-lines.js';

type Done = Extract<Outcome, { status: 'done' }>;
type Failed = Extract<Outcome, { status: 'failed' }>;
type NotStarted = Extract<Outcome, { status: 'not-started' }>;

/** How a summary is told. */
export interface SummaryOptions {
  readonly style: Style;
  /** Columns that lists have to fit; undefined where nothing has to. */
  readonly columns: number | undefined;
  /** Whether only what failed is told. */
  readonly quiet: boolean;
}

/** Failures of one kind that are told one by one; of more, only what they have in common. */
const ONE_BY_ONE = 5;
/** Sources that were not started and are named. */
const NOT_STARTED_SHOWN = 50;

/**
 * The end of a run in lines: counts, then what failed, grouped by its cause, each with what to do.
 * @param elapsed milliseconds
 */
export function summaryLines(
  outcomes: readonly Outcome[],
  elapsed: number,
  { style, columns, quiet }: SummaryOptions,
): readonly string[] {
  const failed = outcomes.filter((outcome) => outcome.status === 'failed');
  const notStarted = outcomes.filter((outcome) => outcome.status === 'not-started');
  const isInterrupted = [...failed, ...notStarted].some(({ error }) => isInterruption(error));
  const groups = groupsOf(failed.filter(({ error }) => !isInterruption(error)));
  return [
    ...(quiet ? [] : countLines(outcomes, elapsed)),
    ...(isInterrupted
      ? ['Interrupted. Partial downloads are kept: run the same command again to resume.']
      : []),
    ...groups.flatMap((group) => groupLines(group, style, columns)),
    ...imageLines(outcomes, style, columns),
    ...(isInterrupted ? [] : notStartedLines(notStarted, columns)),
  ];
}

/** What became of how many, in one line for a single outcome, else in a table. */
function countLines(outcomes: readonly Outcome[], elapsed: number): readonly string[] {
  const done = outcomes.filter((outcome) => outcome.status === 'done');
  const bytes = done.reduce((sum, { file }) => sum + file.fetched, 0);
  const speed = bytes > 0 && elapsed > 0 ? `, ${formatBytes((bytes / elapsed) * 1000)}/s` : '';
  const amount = `${formatBytes(bytes)} in ${formatDuration(elapsed)}${speed}`;
  const unchecked = done.filter(({ file }) => file.verified === 'size').length;
  const remark = unchecked > 0 ? `; ${count(unchecked, 'file')} verified by size only` : '';
  const counts = countsOf(outcomes, done).filter(([some]) => some > 0);
  if (outcomes.length <= 1) {
    const words = counts.map(([some, what]) => `${some} ${what}`).join(', ');
    return [`${words || 'Nothing downloaded'}; ${amount}${remark}`];
  }
  const all = [...counts, ...imageCounts(done)];
  const width = Math.max(...all.map(([some]) => String(some).length));
  return [
    ...all.map(([some, what]) => `${String(some).padStart(width)}  ${what}`),
    `${amount}${speed ? ' on average' : ''}${remark}`,
  ];
}

type Count = readonly [some: number, what: string];

function countsOf(outcomes: readonly Outcome[], done: readonly Done[]): readonly Count[] {
  const had = (...how: readonly Done['file']['how'][]) =>
    done.filter(({ file }) => how.includes(file.how)).length;
  const ended = (status: Outcome['status']) => outcomes.filter((outcome) => outcome.status === status).length;
  return [
    [had('downloaded', 'replaced'), 'downloaded'],
    [had('cached'), 'taken from cache'],
    [had('present'), 'already downloaded'],
    [had('left-out'), 'without the model file'],
    [ended('planned'), 'planned'],
    [ended('repeated'), plural(ended('repeated'), 'duplicate')],
    [ended('failed'), 'failed'],
    [ended('not-started'), 'not started'],
  ];
}

function imageCounts(done: readonly Done[]): readonly Count[] {
  const sum = (what: keyof Done['images']) => done.reduce((total, { images }) => total + images[what], 0);
  const counts: readonly Count[] = [
    [sum('fetched'), `${plural(sum('fetched'), 'image')} downloaded`],
    [sum('failed'), `${plural(sum('failed'), 'image')} failed`],
  ];
  return counts.filter(([some]) => some > 0);
}

function plural(number: number, noun: string): string {
  return number === 1 ? noun : `${noun}s`;
}

/** Failures by their codes, in the order in which each came first. */
function groupsOf(failed: readonly Failed[]): readonly (readonly Failed[])[] {
  const groups = new Map<string, Failed[]>();
  for (const failure of failed) {
    const { error } = failure;
    const cause = error instanceof CivitdlError ? error.code : describeProblem(error).message;
    groups.set(cause, [...(groups.get(cause) ?? []), failure]);
  }
  return [...groups.values()];
}

function groupLines(group: readonly Failed[], style: Style, columns: number | undefined): readonly string[] {
  const problems = group.map(({ error }) => describeProblem(error));
  const [first] = problems;
  const hint = first?.hint ? [`  ${first.hint}`] : [];
  const isSame = new Set(problems.map(({ message }) => message)).size === 1;
  if (group.length === 1 || (group.length <= ONE_BY_ONE && !isSame)) {
    const lines = group.map(({ subject }, index) =>
      style.bad(`${subjectOf(subject)}: ${problems[index]?.message}`),
    );
    return [...lines, ...hint];
  }
  const told = `${group.length} failed${isSame ? '' : ' with similar errors, the first'}: ${first?.message}`;
  return [style.bad(told), ...listLines(sourcesOf(group), columns), ...hint];
}

function imageLines(
  outcomes: readonly Outcome[],
  style: Style,
  columns: number | undefined,
): readonly string[] {
  const lacking = outcomes.filter((outcome) => outcome.status === 'done' && outcome.images.failed > 0);
  if (lacking.length === 0) return [];
  const title = 'Some images failed. Run the same command again to download only the missing ones:';
  return [style.warn(title), ...listLines(sourcesOf(lacking), columns)];
}

function notStartedLines(outcomes: readonly NotStarted[], columns: number | undefined): readonly string[] {
  const sources = sourcesOf(outcomes);
  if (sources.length === 0) return [];
  const hidden = sources.length - NOT_STARTED_SHOWN;
  const shown = sources.slice(0, NOT_STARTED_SHOWN);
  const more = hidden > 0 ? [`and ${hidden} more`] : [];
  return [
    `${sources.length} not started because the run stopped early:`,
    ...listLines([...shown, ...more], columns),
  ];
}

function sourcesOf(outcomes: readonly Outcome[]): readonly string[] {
  return [...new Set(outcomes.map(({ subject }) => subject.text))];
}

function isInterruption(error: unknown): boolean {
  return error instanceof InterruptedError;
}
