import type { DownloadEvent, FileOutcome, Outcome, Subject } from '../../events.js';
import { plainText } from '../../plain-text.js';
import type { TransferNotice } from '../../transfer/transfer.js';
import { count, formatBytes, formatDay } from './format.js';
import { describeProblem } from './problem.js';
import type { Style } from './style.js';

/** What is said of an event, as whole lines; most of a transfer's progress is shown by a bar instead. */
export function linesOf(event: DownloadEvent, style: Style): readonly string[] {
  switch (event.type) {
    case 'started':
      return event.of === 1 ? [] : [style.dim(`[${event.item}/${event.of}] ${subjectOf(event.subject)}`)];
    case 'resolved':
      return resolvedLines(event, style);
    case 'file-started':
      if (event.copied !== undefined) return [`  copying ${event.name} from ${plainText(event.copied)}`];
      return [`  fetching ${event.name}${event.size === undefined ? '' : ` (${formatBytes(event.size)})`}`];
    case 'file-noticed':
      return noticeLines(event.notice, style);
    case 'file-finished':
      return [`  ${style.good(fileWords(event.file))}${verifiedBy(event.file)}: ${event.file.target}`];
    case 'images-started':
      return [`  fetching ${count(event.count, 'image')}`];
    case 'image-finished':
    case 'warned-of-run':
    case 'warned':
      return event.error === undefined
        ? []
        : [style.warn(`  warning: ${describeProblem(event.error).message}`)];
    case 'retrying':
      return [
        style.warn(`  ${describeProblem(event.error).message} Trying again in ${seconds(event.waitMs)}.`),
      ];
    case 'finished':
      return finishedLines(event.outcome, style);
    case 'halted':
      return [style.bad(`${describeProblem(event.error).message} Nothing more is begun.`)];
    case 'pausing':
      return [style.dim(`pausing for ${event.seconds} s`)];
    default:
      return [];
  }
}

function noticeLines(notice: TransferNotice, style: Style): readonly string[] {
  if (notice.type === 'waiting') return ['  another process is downloading this file: waiting for it'];
  if (notice.type === 'resumed') return [`  going on after ${formatBytes(notice.bytes)} of an earlier run`];
  if (notice.type === 'started-over') return [style.warn(`  ${plainText(notice.why)} Starting from zero.`)];
  return [];
}

const FILE_WORDS: Readonly<Record<FileOutcome['how'], string>> = {
  downloaded: 'downloaded',
  replaced: 'downloaded, in place of a file with other bytes',
  cached: 'taken from cache',
  present: 'already there',
  'left-out': 'model file left out',
};

function fileWords({ how, cached }: FileOutcome): string {
  if (!cached) return FILE_WORDS[how];
  return `${FILE_WORDS[how]} as a ${cached.by}${cached.replaced ? ', in place of a file with other bytes' : ''}`;
}

/** An item as it was typed, and where. */
export function subjectOf({ text, origin }: Subject): string {
  return plainText(origin ? `${text} (${origin.file}:${origin.line})` : text);
}

function resolvedLines(event: Extract<DownloadEvent, { type: 'resolved' }>, style: Style): readonly string[] {
  const { model, version, passedOver } = event;
  const kind = `${model.type}, ${version.baseModel}`;
  return [
    `${style.bold(plainText(model.name))} ${plainText(version.name)} (${plainText(kind)}), model ${model.id}, version ${version.id}`,
    ...passedOver.map((error) => style.warn(`  not the first version: ${describeProblem(error).message}`)),
  ];
}

function verifiedBy({ how, verified, checkedAt }: FileOutcome): string {
  if (verified === undefined) return ', not checked';
  if (verified === 'size') return ', checked by size only: the server has no checksum';
  if (checkedAt !== undefined) return `, ${verified} checked on ${formatDay(checkedAt)}, unchanged since`;
  return how === 'present' ? `, ${verified} checked now` : `, ${verified} verified`;
}

function finishedLines(outcome: Outcome, style: Style): readonly string[] {
  switch (outcome.status) {
    case 'failed':
      return [style.bad(`  failed: ${describeProblem(outcome.error).message}`)];
    case 'repeated':
      return ['  the same file as before in this run'];
    case 'planned':
    case 'not-started':
      return [];
    case 'done':
      return imageLines(outcome.images);
  }
}

function imageLines({
  fetched,
  present,
  failed,
}: Extract<Outcome, { status: 'done' }>['images']): readonly string[] {
  if (fetched + present + failed === 0) return [];
  const parts = [
    fetched > 0 && `${count(fetched, 'image')} downloaded`,
    present > 0 && `${count(present, 'image')} already there`,
    failed > 0 && `${count(failed, 'image')} failed`,
  ];
  return [`  ${parts.filter(Boolean).join(', ')}`];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
