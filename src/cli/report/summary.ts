import type { Verification } from '../../disk/checksum/checksum.js';
import type { Outcome } from '../../download/events.js';
import { CivitdlError, InterruptedError } from '../../errors.js';
import { formatBytes, stripControlChars } from '../../text.js';
import { count, formatDuration } from '../terminal/format.js';
import type { Layout } from '../terminal/layout.js';
import type { Style } from '../terminal/style.js';
import { describeProblem } from './error-report.js';
import { formatSource } from './event-lines.js';

type DoneOutcome = Extract<Outcome, { status: 'done' }>;
type FailedOutcome = Extract<Outcome, { status: 'failed' }>;
type NotStartedOutcome = Extract<Outcome, { status: 'not-started' }>;

/** Options of summaryLines. */
export interface SummaryOptions {
  readonly style: Style;
  readonly layout: Layout;
  readonly rootDir: string;
  /** Whether to print failures only. */
  readonly quiet: boolean;
  /** Lines about the use of the models, printed below the counts. */
  readonly usage?: readonly string[];
}

/** Failures with the same advice: up to this number of reasons, each is printed. */
const MAX_REASONS = 5;
const MAX_NOT_STARTED = 50;
const INDENT = '  ';

/** Formats the end of a run: counts, then failures grouped by what to do, each reason once. */
export function summaryLines(
  outcomes: readonly Outcome[],
  elapsedMs: number,
  options: SummaryOptions,
): readonly string[] {
  const { layout, quiet } = options;
  const failed = outcomes.filter((outcome) => outcome.status === 'failed');
  const notStarted = outcomes.filter((outcome) => outcome.status === 'not-started');
  const isInterrupted = [...failed, ...notStarted].some(isInterruption);
  const groups = groupByAdvice(failed.filter((outcome) => !isInterruption(outcome)));
  const lines = paragraphs([
    quiet ? [] : countLines(outcomes, elapsedMs, options),
    quiet ? [] : (options.usage ?? []),
    isInterrupted
      ? layout.wrap('Interrupted. Partial downloads are kept: run the same command again to resume.')
      : [],
    ...groups.map((group) => groupLines(group, options)),
    failedImageLines(outcomes, options),
    isInterrupted ? [] : notStartedLines(notStarted, layout),
  ]);
  return quiet ? lines.slice(1) : lines;
}

/** Puts an empty line before each paragraph. */
export function paragraphs(texts: readonly (readonly string[])[]): readonly string[] {
  return texts.filter((lines) => lines.length > 0).flatMap((lines) => ['', ...lines]);
}

function isInterruption(outcome: Outcome): boolean {
  return 'error' in outcome && outcome.error instanceof InterruptedError;
}

/** Formats the counts in one line for a single outcome, else as a table. */
function countLines(
  outcomes: readonly Outcome[],
  elapsedMs: number,
  { layout, rootDir }: SummaryOptions,
): readonly string[] {
  const done = outcomes.filter((outcome) => outcome.status === 'done');
  const bytes = done.reduce((sum, { file }) => sum + file.fetched, 0);
  const speed = bytes > 0 && elapsedMs > 0 ? `, ${formatBytes((bytes / elapsedMs) * 1000)}/s` : '';
  const amount = `${formatBytes(bytes)} in ${formatDuration(elapsedMs)}${speed}`;
  const note = verificationNotes(done)
    .map((text) => `; ${text}`)
    .join('');
  const place = done.length > 0 ? [layout.path('in', stripControlChars(rootDir))] : [];
  const counts = [...outcomeCounts(outcomes, done), ...imageCounts(done)].filter(([number]) => number > 0);
  if (outcomes.length <= 1) {
    const words = counts.map(([number, label]) => `${number} ${label}`).join(', ');
    return [...layout.wrap(`${words || 'Nothing downloaded'}; ${amount}${note}`, '', INDENT), ...place];
  }
  const width = Math.max(...counts.map(([number]) => String(number).length));
  return [
    ...counts.map(([number, label]) => `${String(number).padStart(width)}  ${label}`),
    ...layout.wrap(`${amount}${speed ? ' on average' : ''}${note}`, '', INDENT),
    ...place,
  ];
}

/** Says once how all files were verified, or counts those that were not verified by SHA256. */
function verificationNotes(done: readonly DoneOutcome[]): readonly string[] {
  const files = done.filter(({ file }) => file.how !== 'left-out');
  if (files.length > 0 && files.every(({ file }) => file.verified === 'SHA256'))
    return [files.length === 1 ? 'SHA256 verified' : 'all SHA256 verified'];
  const isNew = ({ file }: DoneOutcome) => file.how === 'downloaded' || file.how === 'replaced';
  const by = (verified: Verification) => done.filter(({ file }) => file.verified === verified).length;
  const notes = [
    [by('BLAKE3'), 'verified by BLAKE3'],
    [by('CRC32'), 'verified by CRC32'],
    [by('size'), 'verified by size only'],
    [done.filter((outcome) => isNew(outcome) && outcome.file.verified === undefined).length, 'not verified'],
  ] as const;
  return notes.flatMap(([number, how]) => (number > 0 ? [`${count(number, 'file')} ${how}`] : []));
}

type LabelledCount = readonly [number: number, label: string];

function outcomeCounts(outcomes: readonly Outcome[], done: readonly DoneOutcome[]): readonly LabelledCount[] {
  const files = (...how: readonly DoneOutcome['file']['how'][]) =>
    done.filter(({ file }) => how.includes(file.how)).length;
  const items = (status: Outcome['status']) => outcomes.filter((outcome) => outcome.status === status).length;
  const paused = outcomes.filter((outcome) => outcome.status === 'failed' && isInterruption(outcome)).length;
  return [
    [files('downloaded', 'replaced'), 'downloaded'],
    [files('cached'), 'taken from cache'],
    [files('present'), 'already downloaded'],
    [files('left-out'), 'without the model file'],
    [items('planned'), 'planned'],
    [items('repeated'), plural(items('repeated'), 'duplicate')],
    [items('passed-over'), 'passed over'],
    [items('failed') - paused, 'failed'],
    [paused, 'paused'],
    [items('not-started'), 'not started'],
  ];
}

function imageCounts(done: readonly DoneOutcome[]): readonly LabelledCount[] {
  const sum = (key: keyof DoneOutcome['images']) =>
    done.reduce((total, { images }) => total + images[key], 0);
  const [fetched, failed] = [sum('fetched'), sum('failed')];
  return [
    [fetched, `${plural(fetched, 'image')} downloaded`],
    [failed, `${plural(failed, 'image')} failed`],
  ];
}

function plural(number: number, noun: string): string {
  return number === 1 ? noun : `${noun}s`;
}

/** Groups failures by what to do about them, in the order of their first failures. */
function groupByAdvice(failed: readonly FailedOutcome[]): readonly (readonly FailedOutcome[])[] {
  const groups = new Map<string, FailedOutcome[]>();
  for (const failure of failed) {
    const { message, hint } = describeProblem(failure.error);
    const code = failure.error instanceof CivitdlError ? failure.error.code : message;
    const advice = hint ?? code;
    groups.set(advice, [...(groups.get(advice) ?? []), failure]);
  }
  return [...groups.values()];
}

function groupLines(group: readonly FailedOutcome[], { style, layout }: SummaryOptions): readonly string[] {
  const reasons = new Map<string, FailedOutcome[]>();
  for (const failure of group) {
    const { message } = describeProblem(failure.error);
    reasons.set(message, [...(reasons.get(message) ?? []), failure]);
  }
  const [[first, hint] = ['', undefined]] = group.map(({ error }) => {
    const problem = describeProblem(error);
    return [problem.message, problem.hint] as const;
  });
  const advice = hint === undefined ? [] : layout.wrap(hint, INDENT);
  if (reasons.size <= MAX_REASONS)
    return [...[...reasons].flatMap(([reason, of]) => reasonLines(reason, of, style, layout)), ...advice];
  const title = `${group.length} failed with similar errors, the first: ${first}`;
  return [...layout.wrap(title).map(style.bad), ...layout.list(uniqueSources(group)), ...advice];
}

/** Formats a reason with the source that failed, or below it with all of them. */
function reasonLines(
  reason: string,
  failed: readonly FailedOutcome[],
  style: Style,
  layout: Layout,
): readonly string[] {
  const [only, ...others] = failed;
  if (only && others.length === 0)
    return layout.wrap(`${formatSource(only.subject)}: ${reason}`, '', INDENT).map(style.bad);
  return [
    ...layout.wrap(`${failed.length} failed: ${reason}`, '', INDENT).map(style.bad),
    ...layout.list(uniqueSources(failed)),
  ];
}

function failedImageLines(
  outcomes: readonly Outcome[],
  { style, layout }: SummaryOptions,
): readonly string[] {
  const incomplete = outcomes.filter((outcome) => outcome.status === 'done' && outcome.images.failed > 0);
  if (incomplete.length === 0) return [];
  const title = 'Some images failed. Run the same command again to download only the missing ones:';
  return [...layout.wrap(title).map(style.warn), ...layout.list(uniqueSources(incomplete))];
}

function notStartedLines(outcomes: readonly NotStartedOutcome[], layout: Layout): readonly string[] {
  const sources = uniqueSources(outcomes);
  if (sources.length === 0) return [];
  const hidden = sources.length - MAX_NOT_STARTED;
  const shown = sources.slice(0, MAX_NOT_STARTED);
  const more = hidden > 0 ? [`and ${hidden} more`] : [];
  const title = `${sources.length} not started because the run stopped early:`;
  return [...layout.wrap(title), ...layout.list([...shown, ...more])];
}

function uniqueSources(outcomes: readonly Outcome[]): readonly string[] {
  return [...new Set(outcomes.map(({ subject }) => subject.text))];
}
