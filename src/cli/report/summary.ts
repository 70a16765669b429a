import type { Verification } from '../../disk/checksum/checksum.js';
import type { Outcome } from '../../download/events.js';
import { CivitdlError, InterruptedError } from '../../errors.js';
import { formatBytes } from '../../text.js';
import { count, formatDuration } from '../terminal/format.js';
import type { Style } from '../terminal/style.js';
import { listLines } from '../terminal/table.js';
import { describeProblem } from './error-report.js';
import { formatSource } from './event-lines.js';

type DoneOutcome = Extract<Outcome, { status: 'done' }>;
type FailedOutcome = Extract<Outcome, { status: 'failed' }>;
type NotStartedOutcome = Extract<Outcome, { status: 'not-started' }>;

/** Options of summaryLines. */
export interface SummaryOptions {
  readonly style: Style;
  /** The width of a terminal; undefined for lines of any length. */
  readonly columns: number | undefined;
  /** Whether to print failures only. */
  readonly quiet: boolean;
  /** How to use the models, below the counts. */
  readonly usage?: readonly string[];
}

/** Failures of one kind with several messages: up to this number, each is printed. */
const MAX_SEPARATE = 5;
const MAX_NOT_STARTED = 50;

/** Formats the end of a run: counts, then failures grouped by cause, each group with what to do. */
export function summaryLines(
  outcomes: readonly Outcome[],
  elapsedMs: number,
  { style, columns, quiet, usage = [] }: SummaryOptions,
): readonly string[] {
  const failed = outcomes.filter((outcome) => outcome.status === 'failed');
  const notStarted = outcomes.filter((outcome) => outcome.status === 'not-started');
  const isInterrupted = [...failed, ...notStarted].some(({ error }) => isInterruption(error));
  const groups = groupByCause(failed.filter(({ error }) => !isInterruption(error)));
  return [
    ...(quiet ? [] : [...countLines(outcomes, elapsedMs), ...usage]),
    ...(isInterrupted
      ? ['Interrupted. Partial downloads are kept: run the same command again to resume.']
      : []),
    ...groups.flatMap((group) => groupLines(group, style, columns)),
    ...failedImageLines(outcomes, style, columns),
    ...(isInterrupted ? [] : notStartedLines(notStarted, columns)),
  ];
}

function isInterruption(error: unknown): boolean {
  return error instanceof InterruptedError;
}

/** Formats the counts in one line for a single outcome, else as a table. */
function countLines(outcomes: readonly Outcome[], elapsedMs: number): readonly string[] {
  const done = outcomes.filter((outcome) => outcome.status === 'done');
  const bytes = done.reduce((sum, { file }) => sum + file.fetched, 0);
  const speed = bytes > 0 && elapsedMs > 0 ? `, ${formatBytes((bytes / elapsedMs) * 1000)}/s` : '';
  const amount = `${formatBytes(bytes)} in ${formatDuration(elapsedMs)}${speed}`;
  const note = verificationNotes(done)
    .map((text) => `; ${text}`)
    .join('');
  const counts = outcomeCounts(outcomes, done).filter(([number]) => number > 0);
  if (outcomes.length <= 1) {
    const words = counts.map(([number, label]) => `${number} ${label}`).join(', ');
    return [`${words || 'Nothing downloaded'}; ${amount}${note}`];
  }
  const all = [...counts, ...imageCounts(done).filter(([number]) => number > 0)];
  const width = Math.max(...all.map(([number]) => String(number).length));
  return [
    ...all.map(([number, label]) => `${String(number).padStart(width)}  ${label}`),
    `${amount}${speed ? ' on average' : ''}${note}`,
  ];
}

/** Counts the files that were not verified by SHA256, by the best that the server has. */
function verificationNotes(done: readonly DoneOutcome[]): readonly string[] {
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
  return [
    [files('downloaded', 'replaced'), 'downloaded'],
    [files('cached'), 'taken from cache'],
    [files('present'), 'already downloaded'],
    [files('left-out'), 'without the model file'],
    [items('planned'), 'planned'],
    [items('repeated'), plural(items('repeated'), 'duplicate')],
    [items('failed'), 'failed'],
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

/** Groups failures by their codes, in the order of their first failures. */
function groupByCause(failed: readonly FailedOutcome[]): readonly (readonly FailedOutcome[])[] {
  const groups = new Map<string, FailedOutcome[]>();
  for (const failure of failed) {
    const { error } = failure;
    const cause = error instanceof CivitdlError ? error.code : describeProblem(error).message;
    groups.set(cause, [...(groups.get(cause) ?? []), failure]);
  }
  return [...groups.values()];
}

function groupLines(
  group: readonly FailedOutcome[],
  style: Style,
  columns: number | undefined,
): readonly string[] {
  const problems = group.map(({ error }) => describeProblem(error));
  const [first] = problems;
  const hint = first?.hint ? [`  ${first.hint}`] : [];
  const isSame = new Set(problems.map(({ message }) => message)).size === 1;
  if (group.length === 1 || (group.length <= MAX_SEPARATE && !isSame)) {
    const lines = group.map(({ subject }, index) =>
      style.bad(`${formatSource(subject)}: ${problems[index]?.message}`),
    );
    return [...lines, ...hint];
  }
  const title = `${group.length} failed${isSame ? '' : ' with similar errors, the first'}: ${first?.message}`;
  return [style.bad(title), ...listLines(uniqueSources(group), columns), ...hint];
}

function failedImageLines(
  outcomes: readonly Outcome[],
  style: Style,
  columns: number | undefined,
): readonly string[] {
  const incomplete = outcomes.filter((outcome) => outcome.status === 'done' && outcome.images.failed > 0);
  if (incomplete.length === 0) return [];
  const title = 'Some images failed. Run the same command again to download only the missing ones:';
  return [style.warn(title), ...listLines(uniqueSources(incomplete), columns)];
}

function notStartedLines(
  outcomes: readonly NotStartedOutcome[],
  columns: number | undefined,
): readonly string[] {
  const sources = uniqueSources(outcomes);
  if (sources.length === 0) return [];
  const hidden = sources.length - MAX_NOT_STARTED;
  const shown = sources.slice(0, MAX_NOT_STARTED);
  const more = hidden > 0 ? [`and ${hidden} more`] : [];
  const title = `${sources.length} not started because the run stopped early:`;
  return [title, ...listLines([...shown, ...more], columns)];
}

function uniqueSources(outcomes: readonly Outcome[]): readonly string[] {
  return [...new Set(outcomes.map(({ subject }) => subject.text))];
}
