import type {
  DownloadEvent,
  Emit,
  FileOutcome,
  ItemEvent,
  Outcome,
  SourceText,
} from '../../download/events.js';
import { CivitdlError } from '../../errors.js';
import type { Context } from '../context.js';
import { describeProblem } from './error-report.js';
import { doesFit, type NeededSpace, plannedFiles } from './plan-report.js';

/** Of what the lines look like; a new one only where a program that reads the old one would go wrong. */
const VERSION = 1;

/** Milliseconds between two lines of progress of one item. */
const STEP = 1_000;

/** Writes one line for a program. */
export function writeJson(stdout: Context['stdout'], object: object): void {
  stdout.write(`${JSON.stringify({ v: VERSION, ...object })}\n`);
}

/** Tells a program what happens: one JSON object per line. */
export function emitJson({ stdout, now }: Pick<Context, 'stdout' | 'now'>): Emit {
  const images = new Map<number, ImageCounts>();
  const told = new Map<number, number>();
  return (event) => {
    if (event.type === 'file-progress') {
      if (now() - (told.get(event.item) ?? Number.NEGATIVE_INFINITY) < STEP) return;
      told.set(event.item, now());
    }
    if (event.type === 'finished' && event.isLast) {
      images.delete(event.item);
      told.delete(event.item);
    }
    const object = isOfImages(event) ? imagesJson(event, images) : eventJson(event);
    if (object) writeJson(stdout, object);
  };
}

/** What a batch file has in place of a source. */
export function rejectedJson(subject: SourceText, error: unknown): object {
  return { type: 'failed', ...subjectJson(subject), error: errorJson(error), isLast: true };
}

/** What there is to tell at the end of a run beside its outcomes. */
export interface End {
  readonly exitStatus: number;
  /** Milliseconds. */
  readonly elapsed: number;
  /** Of a dry run. */
  readonly space?: readonly NeededSpace[] | undefined;
  /** Where what failed is listed; undefined where that is nowhere. */
  readonly failedFile?: string | undefined;
}

/** The last line of a run. */
export function summaryJson(outcomes: readonly Outcome[], { exitStatus, elapsed, space, failedFile }: End) {
  const count = (status: Outcome['status']) => outcomes.filter((outcome) => outcome.status === status).length;
  const files = outcomes.flatMap((outcome) => (outcome.status === 'done' ? [outcome.file] : []));
  const had = (...how: readonly FileOutcome['how'][]) =>
    files.filter((file) => how.includes(file.how)).length;
  const images = (what: keyof ImageOutcome) =>
    outcomes.reduce((sum, outcome) => sum + (outcome.status === 'done' ? outcome.images[what] : 0), 0);
  return {
    type: 'summary',
    exitStatus,
    downloaded: had('downloaded', 'replaced'),
    cached: had('cached'),
    present: had('present'),
    leftOut: had('left-out'),
    planned: count('planned'),
    repeated: count('repeated'),
    failed: count('failed'),
    notStarted: count('not-started'),
    images: { fetched: images('fetched'), present: images('present'), failed: images('failed') },
    bytes: files.reduce((sum, { fetched }) => sum + fetched, 0),
    ms: elapsed,
    space: space?.map((sum) => ({ ...sum, fits: doesFit(sum) })),
    failedFile,
  };
}

/** What went wrong, with what to do about it. */
export function errorJson(error: unknown): object {
  const { message, hint } = describeProblem(error);
  return { code: error instanceof CivitdlError ? error.code : 'unexpected', message, hint };
}

type ImageOutcome = Extract<Outcome, { status: 'done' }>['images'];
type OfItem<Type extends ItemEvent['type']> = Extract<
  DownloadEvent,
  { readonly type: Type; readonly item: number }
>;
type OfImages = OfItem<'images-started' | 'image-finished' | 'images-finished'>;

interface ImageCounts {
  readonly count: number;
  readonly done: number;
  readonly failed: number;
}

function isOfImages(event: DownloadEvent): event is OfImages {
  return ['images-started', 'image-finished', 'images-finished'].includes(event.type);
}

/** Told when images begin and end; of one alone only that it failed. */
function imagesJson(event: OfImages, all: Map<number, ImageCounts>): object | undefined {
  const { item } = event;
  const before = all.get(item) ?? { count: 0, done: 0, failed: 0 };
  if (event.type === 'image-finished') {
    const [done, failed] = event.error === undefined ? [1, 0] : [0, 1];
    all.set(item, { ...before, done: before.done + done, failed: before.failed + failed });
    return event.error === undefined ? undefined : { type: 'warned', item, error: errorJson(event.error) };
  }
  const counts = event.type === 'images-started' ? { ...before, count: event.count } : before;
  all.set(item, counts);
  return { type: 'images', item, ...counts };
}

function eventJson(event: Exclude<DownloadEvent, OfImages>): object | undefined {
  switch (event.type) {
    case 'planned':
      return plannedJson(event);
    case 'started':
      return { type: 'started', item: event.item, of: event.of, ...subjectJson(event.subject) };
    case 'resolved':
      return resolvedJson(event);
    case 'file-started':
      return { type: 'transfer', item: event.item, name: event.name, size: event.size, copied: event.copied };
    case 'file-progress':
      return { type: 'progress', item: event.item, received: event.received, total: event.total };
    case 'file-noticed':
      return { type: 'noticed', item: event.item, notice: event.notice };
    case 'file-finished':
      return { type: 'file', item: event.item, file: event.file };
    case 'finished':
      return finishedJson(event);
    case 'warned':
      return { type: 'warned', item: event.item, error: errorJson(event.error) };
    case 'warned-of-run':
      return { type: 'warned', error: errorJson(event.error) };
    case 'retrying':
      return { type: 'retrying', error: errorJson(event.error), waitMs: event.waitMs };
    case 'pausing':
      return { type: 'pausing', seconds: event.seconds };
    case 'halted':
      return { type: 'halted', error: errorJson(event.error) };
  }
}

function plannedJson(event: OfItem<'planned'>): object {
  const { item, subject, missing, obstacle } = event;
  return {
    type: 'planned',
    item,
    ...subjectJson(subject),
    files: plannedFiles(event),
    missing,
    obstacle: obstacle && errorJson(obstacle),
  };
}

function resolvedJson({ item, model, version, skipped }: OfItem<'resolved'>): object {
  return {
    type: 'resolved',
    item,
    model: { id: model.id, name: model.name, type: model.type },
    version: { id: version.id, name: version.name, baseModel: version.baseModel },
    passedOver: skipped.map(errorJson),
  };
}

function finishedJson({ item, outcome, isLast }: OfItem<'finished'>): object | undefined {
  const common = { item, ...subjectJson(outcome.subject), isLast };
  switch (outcome.status) {
    case 'done': {
      const { file, images } = outcome;
      const isThere = file.how === 'present';
      return {
        ...(isThere ? { type: 'skipped', why: 'present' } : { type: 'finished' }),
        ...common,
        file,
        images,
      };
    }
    case 'repeated':
      return { type: 'skipped', why: 'repeated', ...common };
    case 'not-started':
      return { type: 'skipped', why: 'not-started', ...common, error: errorJson(outcome.error) };
    case 'failed':
      return { type: 'failed', ...common, error: errorJson(outcome.error) };
    case 'planned':
      return undefined;
  }
}

function subjectJson({ text, origin }: SourceText): object {
  return { source: text, origin };
}
