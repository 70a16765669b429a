import type { CivitdlError } from '../errors.js';
import { NotFoundError, type SelectionError } from '../errors.js';
import { hasName } from '../options/civitai-names.js';
import { unavailableReason } from './availability.js';
import { parseDate } from './date.js';
import type { Model, ModelVersion } from './model.js';
import { type FileChoice, missingFiles } from './select-files.js';
import type { Selection } from './selection.js';
import {
  describeModel,
  noFittingFileError,
  otherBaseModelError,
  otherTypeError,
  tooOldError,
} from './selection-errors.js';

export interface SelectOptions {
  readonly now: number;
  /** The files to download of each version; the primary one by default. */
  readonly choice?: FileChoice;
}

/** The versions to download, with the reasons why those that fit before the last one were skipped; or why there are none. */
export type SelectedVersions =
  | {
      /** At least one. */
      readonly versions: readonly ModelVersion[];
      readonly skipped: readonly CivitdlError[];
    }
  /** A SelectionError if nothing fits; another error if what fits cannot be downloaded. */
  | { readonly error: CivitdlError };

/**
 * Returns the versions of a model that a selection chooses, as far as the model tells. Versions that have to be bought
 * are only chosen if there is no other: the account may have bought them.
 */
export function selectVersions(model: Model, selection: Selection, options: SelectOptions): SelectedVersions {
  const { now, choice = 'primary' } = options;
  const fitting = fittingVersions(model, selection, choice);
  if ('error' in fitting) return fitting;
  const available: ModelVersion[] = [];
  const paid: ModelVersion[] = [];
  const skipped: CivitdlError[] = [];
  const max = maxVersions(selection);
  for (const version of fitting.versions) {
    if (available.length === max) break;
    const reason = unavailableReason(model, version, now) ?? missingFiles(version, choice, selection);
    if (!reason) available.push(version);
    else skipped.push(reason);
    if (reason?.code === 'early-access' && version.files.length > 0) paid.push(version);
  }
  const candidates = available.length > 0 ? available : paid;
  if (candidates.length > 0)
    return {
      versions: candidates.slice(0, max),
      skipped: candidates === paid ? [] : skipped,
    };
  const nothing = new NotFoundError('no-such-file', `Model ${model.id} has no versions to download.`);
  return { error: skipped[0] ?? nothing };
}

function maxVersions({ versions }: Selection): number {
  if (versions === 'all') return Number.POSITIVE_INFINITY;
  return typeof versions === 'number' ? versions : 1;
}

/**
 * Returns the versions that fit, whether or not they can be downloaded, in the order in which they are preferred. A
 * model without versions fits.
 */
export function fittingVersions(
  model: Model,
  selection: Selection,
  choice: FileChoice,
): { readonly versions: readonly ModelVersion[] } | { readonly error: SelectionError } {
  const { types, baseModels, since } = selection;
  if (types.length > 0 && !hasName(types, model.type)) return { error: otherTypeError(model, selection) };
  if (model.versions.length === 0) return { versions: [] };
  const ofBaseModel = model.versions.filter((version) => hasBaseModel(version, baseModels));
  if (ofBaseModel.length === 0) return { error: otherBaseModelError(model, model.versions, selection) };
  const recent = ofBaseModel.filter((version) => isSince(version, since));
  if (recent.length === 0 && since) {
    const [latest] = newestFirst(ofBaseModel);
    return { error: tooOldError(model, since, latest && dateOf(latest)) };
  }
  // A version without files, or only with broken ones, is not available. That is another reason.
  const fitting = recent.filter(
    (version) => missingFiles(version, choice, selection)?.code !== 'nothing-fits',
  );
  if (fitting.length === 0) return { error: noFittingFileError(recent, selection, describeModel(model)) };
  const isByDate = selection.versions === 'latest' || typeof selection.versions === 'number';
  return { versions: isByDate ? newestFirst(fitting) : fitting };
}

export function hasBaseModel({ baseModel }: ModelVersion, baseModels: readonly string[]): boolean {
  return baseModels.length === 0 || hasName(baseModels, baseModel);
}

/** Whether a version was published at a date or later. One of unknown date was not. */
export function isSince(version: ModelVersion, since: Date | undefined): boolean {
  return since === undefined || (dateOf(version)?.getTime() ?? Number.NEGATIVE_INFINITY) >= since.getTime();
}

/** Sorts versions by date. Those of unknown date are last; those of the same date keep the creator's order. */
export function newestFirst(versions: readonly ModelVersion[]): readonly ModelVersion[] {
  const time = (version: ModelVersion) => dateOf(version)?.getTime() ?? Number.NEGATIVE_INFINITY;
  return [...versions].sort((one, other) => compareNumbers(time(other), time(one)));
}

/** A difference of infinite numbers is not a number. */
function compareNumbers(one: number, other: number): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

/** Returns the date on which a version was published, or else created. */
export function dateOf({ publishedAt, createdAt }: ModelVersion): Date | undefined {
  return [publishedAt, createdAt].map((text) => (text ? parseDate(text) : undefined)).find(Boolean);
}
