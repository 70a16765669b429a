import type { DownloadEvent, FileOutcome, Outcome, SourceText } from '../../download/events.js';
import type { CivitdlError } from '../../errors.js';
import { formatBytes, stripControlChars } from '../../text.js';
import type { TransferEvent } from '../../transfer/request.js';
import { count, formatDay } from '../terminal/format.js';
import type { Style } from '../terminal/style.js';
import { describeProblem } from './error-report.js';

type Done = Extract<Outcome, { status: 'done' }>;

/** What is said of an event, as whole lines; most of a transfer's progress is shown by a bar instead. */
export function linesOf(event: DownloadEvent, style: Style): readonly string[] {
  switch (event.type) {
    case 'started':
      return event.of === 1 ? [] : [style.dim(`[${event.item}/${event.of}] ${subjectOf(event.subject)}`)];
    case 'resolved':
      return [resolvedLine(event, style), ...indented(skippedLines(event.skipped, style))];
    case 'file-started':
      if (event.copied !== undefined)
        return [`  copying ${event.name} from ${stripControlChars(event.copied)}`];
      return [
        `  downloading ${event.name}${event.size === undefined ? '' : ` (${formatBytes(event.size)})`}`,
      ];
    case 'file-noticed':
      return indented(noticeLines(event.notice, style));
    case 'file-finished':
      return [`  ${style.good(fileWords(event.file))}: ${event.file.target}`];
    case 'images-started':
      return [`  downloading ${count(event.count, 'image')}`];
    case 'image-finished':
    case 'warned':
      return event.error === undefined ? [] : [`  ${warningLine(event.error, style)}`];
    case 'finished':
      return indented(finishedLines(event.outcome, style));
    default:
      return runLines(event, style);
  }
}

/** What is said of what happens to the run as a whole. */
export function runLines(event: DownloadEvent, style: Style): readonly string[] {
  switch (event.type) {
    case 'warned-of-run':
      return [`  ${warningLine(event.error, style)}`];
    case 'retrying':
      return [style.warn(`  ${describeProblem(event.error).message} Retrying in ${seconds(event.waitMs)}.`)];
    case 'halted':
      return [style.bad(`${describeProblem(event.error).message} No further downloads will start.`)];
    case 'pausing':
      return [style.dim(`pausing for ${event.seconds} s`)];
    default:
      return [];
  }
}

/** What is said of something that is missing, but fails nothing. */
export function warningLine(error: unknown, style: Style): string {
  return style.warn(`warning: ${describeProblem(error).message}`);
}

/** What is said of what happens in a transfer beside that bytes arrive. */
export function noticeLines(notice: TransferEvent, style: Style): readonly string[] {
  if (notice.type === 'waiting') return ['waiting for another process that is downloading this file'];
  if (notice.type === 'resumed') return [`resuming: ${formatBytes(notice.bytes)} already downloaded`];
  if (notice.type === 'started-over') return [style.warn(`${stripControlChars(notice.why)} Starting over.`)];
  return [];
}

const FILE_WORDS: Readonly<Record<FileOutcome['how'], string>> = {
  downloaded: 'downloaded',
  replaced: 'downloaded, replacing the existing file',
  cached: 'taken from cache',
  present: 'already downloaded',
  'left-out': 'model file skipped',
};

/** How a model file ended up under its name, and what has verified it. */
export function fileWords(file: FileOutcome): string {
  const { how, cached } = file;
  const taken = cached ? ` as a ${cached.by}${cached.replaced ? ', replacing the existing file' : ''}` : '';
  return `${FILE_WORDS[how]}${taken}${verifiedBy(file)}`;
}

/** An item as it was typed, and where. */
export function subjectOf({ text, origin }: SourceText): string {
  return stripControlChars(origin ? `${text} (${origin.file}:${origin.line})` : text);
}

/** Why the versions before the one that is taken were not, a line each. */
export function skippedLines(skipped: readonly CivitdlError[], style: Style): readonly string[] {
  return skipped.map((error) => style.warn(`version skipped: ${describeProblem(error).message}`));
}

/** How many images of a model there are now, and how many are not; nothing where it has none. */
export function imageWords({ fetched, present, failed }: Done['images']): string {
  const parts = [
    fetched > 0 && `${count(fetched, 'image')} downloaded`,
    present > 0 && `${count(present, 'image')} already downloaded`,
    failed > 0 && `${count(failed, 'image')} failed`,
  ];
  return parts.filter(Boolean).join(', ');
}

function resolvedLine(event: Extract<DownloadEvent, { type: 'resolved' }>, style: Style): string {
  const { model, version } = event;
  const kind = `${model.type}, ${version.baseModel}`;
  return `${style.bold(stripControlChars(model.name))} ${stripControlChars(version.name)} (${stripControlChars(kind)}), model ${model.id}, version ${version.id}`;
}

function verifiedBy({ how, verified, checkedAt }: FileOutcome): string {
  if (how === 'left-out') return '';
  if (verified === undefined) return ', not verified';
  if (verified === 'size') return ', verified by size only: the server has no checksum';
  if (checkedAt !== undefined) return `, ${verified} verified on ${formatDay(checkedAt)}, unchanged since`;
  return how === 'present' ? `, ${verified} verified now` : `, ${verified} verified`;
}

function finishedLines(outcome: Outcome, style: Style): readonly string[] {
  switch (outcome.status) {
    case 'failed':
      return [style.bad(`failed: ${describeProblem(outcome.error).message}`)];
    case 'repeated':
      return ['duplicate of a file earlier in this run'];
    case 'planned':
    case 'not-started':
      return [];
    case 'done':
      return [imageWords(outcome.images)].filter(Boolean);
  }
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
