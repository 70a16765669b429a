import type { DownloadEvent, FileOutcome, Outcome, PassedOver, SourceText } from '../../download/events.js';
import { type CivitdlError, SelectionError } from '../../errors.js';
import { formatBytes, stripControlChars } from '../../text.js';
import type { TransferEvent } from '../../transfer/transfer-event.js';
import { count, formatDay } from '../terminal/format.js';
import type { Style } from '../terminal/style.js';
import { describeProblem } from './error-report.js';

type DoneOutcome = Extract<Outcome, { status: 'done' }>;
export type ResolvedEvent = Extract<DownloadEvent, { type: 'resolved' }>;

/** Formats an event as whole lines. Progress has none: it is shown by a bar. */
export function eventLines(event: DownloadEvent, style: Style): readonly string[] {
  switch (event.type) {
    case 'started':
      return event.of === 1 ? [] : [style.dim(`[${event.item}/${event.of}] ${formatSource(event.subject)}`)];
    case 'resolved':
      return [
        resolvedLine(event, style),
        ...indented(skippedLines(event.skipped, style)),
        ...indented(triggerWordLines(event)),
      ];
    case 'file-started':
      if (event.copied !== undefined)
        return [`  copying ${event.name} from ${stripControlChars(event.copied)}`];
      return [
        `  downloading ${event.name}${event.size === undefined ? '' : ` (${formatBytes(event.size)})`}`,
      ];
    case 'file-noticed':
      return indented(transferLines(event.notice, style));
    case 'file-finished':
      return [`  ${style.good(describeFile(event.file))}: ${event.file.target}`];
    case 'images-started':
      return [`  downloading ${count(event.count, 'image')}`];
    case 'noted':
      return [`  ${style.dim(stripControlChars(event.text))}`];
    case 'image-finished':
    case 'warned':
      return event.error === undefined ? [] : [`  ${warningLine(event, style)}`];
    case 'finished':
      return indented(finishedLines(event.outcome, style));
    default:
      return runEventLines(event, style);
  }
}

/** Formats an event of the run as a whole; empty for an event of one item. */
export function runEventLines(event: DownloadEvent, style: Style): readonly string[] {
  switch (event.type) {
    case 'warned-of-run':
      return [`  ${warningLine(event, style)}`];
    case 'listing':
      return event.isLast ? listingLines(event, style) : [];
    case 'list-failed':
      return [style.bad(listFailure(event))];
    case 'retrying':
      return [
        style.warn(`  ${describeProblem(event.error).message} Retrying in ${formatSeconds(event.waitMs)}.`),
      ];
    case 'halted':
      return [style.bad(`${describeProblem(event.error).message} No further downloads will start.`)];
    case 'recognized':
      return [stripControlChars(recognizedLine(event))];
    case 'not-recognized':
      return [stripControlChars(notRecognizedLine(event))];
    case 'pausing':
      return [style.dim(`pausing for ${event.seconds} s`)];
    default:
      return [];
  }
}

/** A model that a picture names has the picture as its list. */
function listFailure({ subject, error }: Extract<DownloadEvent, { type: 'list-failed' }>): string {
  const { message } = describeProblem(error);
  if (subject.list === undefined) return `${formatSource(subject)} failed: ${message}`;
  return `${formatSource({ ...subject, text: subject.list })}: ${message}`;
}

/** Formats a number of listed models: `1,200 models`. */
export function describeCount(models: number): string {
  return `${models.toLocaleString('en')} ${models === 1 ? 'model' : 'models'}`;
}

/** Models of a list that are named as passed over. */
const MAX_PASSED_OVER = 5;

function listingLines(
  { subject, models, passedOver }: Extract<DownloadEvent, { type: 'listing' }>,
  style: Style,
): readonly string[] {
  const shown = passedOver.slice(0, MAX_PASSED_OVER);
  const more = passedOver.length - shown.length;
  return [
    `${formatSource(subject)}: ${describeCount(models)}${models === 0 ? passedOverNote(passedOver) : ''}`,
    ...shown.map(({ error }) => style.dim(`  passed over: ${describeProblem(error).message}`)),
    ...(more > 0 ? [style.dim(`  passed over: ${count(more, 'more model')}`)] : []),
  ];
}

/** Says in short why nothing is left of a list. */
function passedOverNote(passedOver: readonly PassedOver[]): string {
  if (passedOver.length === 0) return '';
  const reasons = passedOver.flatMap(({ error }) =>
    error instanceof SelectionError && error.flags.length > 0
      ? error.flags
      : [error.code.replaceAll('-', ' ')],
  );
  return `, ${passedOver.length} passed over: ${[...new Set(reasons)].join(', ')}`;
}

function recognizedLine({
  app,
  rootDir,
  layout,
  other,
}: Extract<DownloadEvent, { type: 'recognized' }>): string {
  const { title, root, proof } = app;
  const found = `${title} found in ${root} (${proof.join(', ')})`;
  if (other)
    return `${title} found in ${root}, but the sorter ${other.sorter} chooses other folders: it may not find the models. Use ${other.folder} as the root directory for sub-folders.`;
  return layout === undefined
    ? `${found}, which contains ${rootDir}`
    : `${found}: using the layout ${layout}`;
}

function notRecognizedLine({
  app,
  title,
  rootDir,
}: Extract<DownloadEvent, { type: 'not-recognized' }>): string {
  return `No ${title} found in ${rootDir}: using the layout basic. To use its folders, pass -s ${app}.`;
}

export function warningLine(
  { error, consequence }: { readonly error?: unknown; readonly consequence?: string | undefined },
  style: Style,
): string {
  const words = ['warning:', describeProblem(error).message, consequence];
  return style.warn(words.filter(Boolean).join(' '));
}

/** Formats an event of a transfer as lines. */
export function transferLines(notice: TransferEvent, style: Style): readonly string[] {
  if (notice.type === 'waiting') return ['waiting for another process that is downloading this file'];
  if (notice.type === 'resumed') return [`resuming: ${formatBytes(notice.bytes)} already downloaded`];
  if (notice.type === 'warned') return [style.warn(`warning: ${stripControlChars(notice.message)}`)];
  if (notice.type === 'started-over') return [style.warn(`${stripControlChars(notice.why)} Starting over.`)];
  return [];
}

const FILE_RESULTS: Readonly<Record<FileOutcome['how'], string>> = {
  downloaded: 'downloaded',
  replaced: 'downloaded, replacing the existing file',
  cached: 'taken from cache',
  present: 'already downloaded',
  'left-out': 'model file skipped',
};

/** Formats the words that a prompt needs to make use of a model. */
export function triggerWordLines({ version }: Pick<ResolvedEvent, 'version'>): readonly string[] {
  const words = version.trainedWords.map(stripControlChars).filter(Boolean);
  return words.length > 0 ? [`trigger words: ${words.join(', ')}`] : [];
}

/** Describes a transfer that was interrupted. */
export function describePause(keptBytes: number): string {
  return keptBytes > 0 ? `paused, ${formatBytes(keptBytes)} kept` : 'paused';
}

/** Describes how a model file was obtained and verified. */
function describeFile(file: FileOutcome): string {
  const { how, cached } = file;
  const method = cached ? ` as a ${cached.by}${cached.replaced ? ', replacing the existing file' : ''}` : '';
  return `${FILE_RESULTS[how]}${method}${describeVerification(file)}`;
}

/** Describes how a model file was verified, as the rest of a sentence; empty if it was left out. */
export function describeVerification({ how, verified, checkedAt }: FileOutcome): string {
  if (how === 'left-out') return '';
  if (verified === undefined) {
    const isNew = how === 'downloaded' || how === 'replaced';
    return isNew ? ', not verified: the server has neither a checksum nor a size' : ', not verified';
  }
  if (verified === 'size') return ', verified by size only: the server has no checksum';
  if (checkedAt !== undefined) return `, ${verified} verified on ${formatDay(checkedAt)}, unchanged since`;
  return how === 'present' ? `, ${verified} verified now` : `, ${verified} verified`;
}

/** Formats a typed source with its place in a batch file. */
export function formatSource({ text, origin }: SourceText): string {
  return stripControlChars(origin ? `${text} (${origin.file}:${origin.line})` : text);
}

/** Formats why newer versions were skipped, a line for each. */
export function skippedLines(skipped: readonly CivitdlError[], style: Style): readonly string[] {
  return skipped.map((error) => style.warn(`version skipped: ${describeProblem(error).message}`));
}

/** Describes how many images were downloaded or failed; empty for a model without images. */
function describeImages({ fetched, present, failed }: DoneOutcome['images']): string {
  const parts = [
    fetched > 0 && `${count(fetched, 'image')} downloaded`,
    present > 0 && `${count(present, 'image')} already downloaded`,
    failed > 0 && `${count(failed, 'image')} failed`,
  ];
  return parts.filter(Boolean).join(', ');
}

function resolvedLine({ model, version }: ResolvedEvent, style: Style): string {
  const name = style.bold(stripControlChars(model.name));
  const kind = stripControlChars(`${model.type}, ${version.baseModel}`);
  return `${name} ${stripControlChars(version.name)} (${kind}), model ${model.id}, version ${version.id}`;
}

function finishedLines(outcome: Outcome, style: Style): readonly string[] {
  switch (outcome.status) {
    case 'failed':
      return [style.bad(`failed: ${describeProblem(outcome.error).message}`)];
    case 'repeated':
      return ['duplicate of a file earlier in this run'];
    case 'passed-over':
      return [`passed over: ${describeProblem(outcome.reason).message}`];
    case 'planned':
    case 'not-started':
      return [];
    case 'done':
      return [describeImages(outcome.images)].filter(Boolean);
  }
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}

function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
