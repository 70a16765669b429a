import { relative } from 'node:path';
import type {
  DownloadEvent,
  Emit,
  FileOutcome,
  ItemEvent,
  Outcome,
  SourceText,
} from '../../download/events.js';
import { CivitdlError } from '../../errors.js';
import type { Output } from '../context.js';
import { describeProblem } from './error-report.js';
import { doesFit, type NeededSpace, neededSpaceOf, plannedFiles } from './plan-report.js';

/** The version of the format; incremented only by changes that break its readers. */
const VERSION = 1;

const PROGRESS_INTERVAL_MS = 1_000;

/** Writes one line of `--json`. */
export function writeJson(stdout: Output, object: object): void {
  stdout.write(`${JSON.stringify({ v: VERSION, ...object })}\n`);
}

interface JsonContext {
  readonly stdout: Output;
  readonly now: () => number;
}

/**
 * Writes events as lines of `--json`.
 * @param rootDir the directory that relative paths start from
 */
export function emitJson({ stdout, now }: JsonContext, rootDir: string): Emit {
  const images = new Map<number, ImageCounts>();
  const lastProgressMs = new Map<number, number>();
  const models = new Map<number, object>();
  return (event) => {
    if (event.type === 'resolved') models.set(event.item, modelJson(event));
    if (event.type === 'file-progress') {
      if (now() - (lastProgressMs.get(event.item) ?? Number.NEGATIVE_INFINITY) < PROGRESS_INTERVAL_MS) return;
      lastProgressMs.set(event.item, now());
    }
    const facts = { model: 'item' in event ? models.get(event.item) : undefined, rootDir };
    const object = isImagesEvent(event) ? imagesJson(event, images) : eventJson(event, facts);
    if (event.type === 'finished' && event.isLast)
      for (const state of [images, lastProgressMs, models]) state.delete(event.item);
    if (object) writeJson(stdout, object);
  };
}

/** An invalid line of a batch file. */
export function rejectedJson(subject: SourceText, error: unknown): object {
  return { type: 'failed', ...subjectJson(subject), error: errorJson(error), isLast: true };
}

/** Facts about the end of a run that its outcomes do not contain. */
export interface RunEnd {
  readonly exitStatus: number;
  /** In milliseconds. */
  readonly elapsed: number;
  /** Needed by a dry run. */
  readonly space?: readonly NeededSpace[] | undefined;
  /** The path of the list of failures, if it was written. */
  readonly failedFile?: string | undefined;
  /** Whether a dry run has found files to download, and no key. */
  readonly isKeyMissing?: boolean;
}

/** The last line of a run. */
export function summaryJson(
  outcomes: readonly Outcome[],
  { exitStatus, elapsed, space, failedFile, isKeyMissing = false }: RunEnd,
) {
  const files = outcomes.flatMap((outcome) => (outcome.status === 'done' ? [outcome.file] : []));
  const countItems = (status: Outcome['status']) =>
    outcomes.filter((outcome) => outcome.status === status).length;
  const countFiles = (...how: readonly FileOutcome['how'][]) =>
    files.filter((file) => how.includes(file.how)).length;
  const countImages = (key: keyof ImageOutcome) =>
    outcomes.reduce((sum, outcome) => sum + (outcome.status === 'done' ? outcome.images[key] : 0), 0);
  return {
    type: 'summary',
    exitStatus,
    downloaded: countFiles('downloaded', 'replaced'),
    cached: countFiles('cached'),
    present: countFiles('present'),
    leftOut: countFiles('left-out'),
    planned: countItems('planned'),
    repeated: countItems('repeated'),
    passedOver: countItems('passed-over'),
    failed: countItems('failed'),
    notStarted: countItems('not-started'),
    images: {
      fetched: countImages('fetched'),
      present: countImages('present'),
      failed: countImages('failed'),
    },
    bytes: files.reduce((sum, { fetched }) => sum + fetched, 0),
    ms: elapsed,
    space: space?.map((sum) => ({ ...sum, fits: doesFit(sum) })),
    failedFile,
    keyMissing: isKeyMissing || undefined,
  };
}

/** An error with what to do about it. */
export function errorJson(error: unknown): object {
  const { message, hint } = describeProblem(error);
  return { code: error instanceof CivitdlError ? error.code : 'unexpected', message, hint };
}

type ImageOutcome = Extract<Outcome, { status: 'done' }>['images'];
type OfItem<Type extends ItemEvent['type']> = Extract<
  DownloadEvent,
  { readonly type: Type; readonly item: number }
>;
type ImagesEvent = OfItem<'images-started' | 'image-finished' | 'images-finished'>;

interface ImageCounts {
  readonly count: number;
  readonly done: number;
  readonly failed: number;
}

function isImagesEvent(event: DownloadEvent): event is ImagesEvent {
  return ['images-started', 'image-finished', 'images-finished'].includes(event.type);
}

/** Written at the start and end of an item's images; a single image is written only if it failed. */
function imagesJson(event: ImagesEvent, counts: Map<number, ImageCounts>): object | undefined {
  const { item } = event;
  const before = counts.get(item) ?? { count: 0, done: 0, failed: 0 };
  if (event.type === 'image-finished') {
    const [done, failed] = event.error === undefined ? [1, 0] : [0, 1];
    counts.set(item, { ...before, done: before.done + done, failed: before.failed + failed });
    return event.error === undefined ? undefined : { type: 'warned', item, error: errorJson(event.error) };
  }
  const current = event.type === 'images-started' ? { ...before, count: event.count } : before;
  counts.set(item, current);
  return { type: 'images', item, ...current };
}

/** Facts that an event itself does not contain. */
interface Facts {
  /** Of the item; undefined before it is resolved. */
  readonly model: object | undefined;
  readonly rootDir: string;
}

function eventJson(event: Exclude<DownloadEvent, ImagesEvent>, facts: Facts): object | undefined {
  switch (event.type) {
    case 'planned':
      return plannedJson(event, facts);
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
      return { type: 'file', item: event.item, file: fileJson(event.file, facts) };
    case 'finished':
      return finishedJson(event, facts);
    case 'warned':
      return {
        type: 'warned',
        item: event.item,
        error: errorJson(event.error),
        consequence: event.consequence,
      };
    case 'noted':
      return { type: 'noted', item: event.item, message: event.text };
    case 'recognized': {
      const { app, title, root, place } = event.app;
      return { type: 'application', app, title, root, place, layout: event.layout };
    }
    case 'not-recognized':
      return undefined;
    case 'run-planned':
      return planJson(event);
    case 'listing':
      return event.isLast ? listedJson(event) : undefined;
    case 'list-failed':
      return rejectedJson(event.subject, event.error);
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

function planJson({ plan, items }: Extract<DownloadEvent, { type: 'run-planned' }>): object {
  const { listed, present, missing, types, otherSources } = plan;
  const space = neededSpaceOf(plan).map((sum) => ({ ...sum, fits: doesFit(sum) }));
  return { type: 'plan', items, listed, present, missing, types, otherSources, space };
}

/** A list that was read to its end. */
function listedJson({ subject, models, passedOver }: Extract<DownloadEvent, { type: 'listing' }>): object {
  const reasons = passedOver.map(({ id, name, error }) => ({ model: { id, name }, error: errorJson(error) }));
  return { type: 'listed', ...subjectJson(subject), models, passedOver: reasons };
}

function plannedJson(event: OfItem<'planned'>, { rootDir }: Facts): object {
  const { item, subject, missing, unavailableReason } = event;
  return {
    type: 'planned',
    item,
    ...subjectJson(subject),
    files: plannedFiles(event).map((file) => ({ ...file, relativePath: relative(rootDir, file.path) })),
    missing,
    obstacle: unavailableReason && errorJson(unavailableReason),
  };
}

function resolvedJson(event: OfItem<'resolved'>): object {
  return {
    type: 'resolved',
    item: event.item,
    ...modelJson(event),
    passedOver: event.skipped.map(errorJson),
  };
}

function modelJson({ model, version, page }: OfItem<'resolved'>): object {
  const { baseModel, trainedWords } = version;
  return {
    model: { id: model.id, name: model.name, type: model.type },
    version: { id: version.id, name: version.name, baseModel, trainedWords },
    page,
  };
}

function fileJson(file: FileOutcome, { rootDir }: Facts): object {
  const { how, target, ...rest } = file;
  const relativePath = how === 'left-out' ? undefined : relative(rootDir, target);
  return { how, target, relativePath, ...rest };
}

function finishedJson({ item, outcome, isLast }: OfItem<'finished'>, facts: Facts): object | undefined {
  const common = { item, ...subjectJson(outcome.subject), ...facts.model, isLast };
  switch (outcome.status) {
    case 'done': {
      const { file, images } = outcome;
      const isPresent = file.how === 'present';
      return {
        ...(isPresent ? { type: 'skipped', why: 'present' } : { type: 'finished' }),
        ...common,
        file: fileJson(file, facts),
        images,
      };
    }
    case 'repeated':
      return { type: 'skipped', why: 'repeated', ...common };
    case 'passed-over':
      return { type: 'skipped', why: 'passed-over', ...common, error: errorJson(outcome.reason) };
    case 'not-started':
      return { type: 'skipped', why: 'not-started', ...common, error: errorJson(outcome.error) };
    case 'failed':
      return { type: 'failed', ...common, error: errorJson(outcome.error) };
    case 'planned':
      return undefined;
  }
}

function subjectJson({ text, list, origin }: SourceText): object {
  return { source: text, list, origin };
}
