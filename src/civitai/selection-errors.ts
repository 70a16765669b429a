import { SelectionError } from '../errors.js';
import { describeFormats } from './fitting-files.js';
import type { Model, ModelVersion } from './model.js';
import type { Selection } from './selection.js';

/** Names that a message lists at most. */
const MAX_NAMES = 8;

export function otherTypeError(model: Model, { types }: Selection): SelectionError {
  return new SelectionError(describeModel(model), `is of type ${model.type}, not ${either(types)}.`, [
    '--type',
  ]);
}

export function otherBaseModelError(
  model: Model,
  versions: readonly ModelVersion[],
  { baseModels }: Selection,
): SelectionError {
  const available = listed(versions.map(({ baseModel }) => baseModel));
  return new SelectionError(
    describeModel(model),
    `has no version for ${either(baseModels)}. Its base models: ${available}.`,
    ['--base-model'],
  );
}

/** @param latest date of the newest version, if known */
export function tooOldError(model: Model, since: Date, latest: Date | undefined): SelectionError {
  const known = latest ? ` The latest that fits is from ${formatDay(latest)}.` : '';
  return new SelectionError(
    describeModel(model),
    `has no version from ${formatDay(since)} or later.${known}`,
    ['--since'],
  );
}

/** @param subject of the sentence; the version by default */
export function noFittingFileError(
  versions: readonly ModelVersion[],
  selection: Selection,
  subject = versions.map(({ id, name }) => `Version ${id} (${name})`).join(', '),
): SelectionError {
  const available = describeFormats(versions.flatMap(({ files }) => files));
  return new SelectionError(
    subject,
    `has no file ${describeFileWish(selection)}. Its files: ${available}.`,
    fileFlags(selection),
  );
}

/** Formats the name of a model with its id. */
export function describeModel({ id, name }: Model): string {
  return `${name} (model ${id})`;
}

export function formatDay(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** Formats alternatives: `A, B or C`. */
export function either(names: readonly string[]): string {
  if (names.length <= 1) return names.join('');
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

function describeFileWish({ formats, precisions, noPickle }: Selection): string {
  const kinds = [
    formats.length > 0 && `of format ${either(formats)}`,
    precisions.length > 0 && `of precision ${either(precisions)}`,
  ];
  return [kinds.filter(Boolean).join(' and '), noPickle && 'that is not a pickle'].filter(Boolean).join(' ');
}

function fileFlags({ formats, precisions, noPickle }: Selection): readonly string[] {
  return [
    ...(formats.length > 0 ? ['--format'] : []),
    ...(precisions.length > 0 ? ['--precision'] : []),
    ...(noPickle ? ['--no-pickle'] : []),
  ];
}

function listed(names: readonly string[]): string {
  const all = [...new Set(names)];
  const more = all.length > MAX_NAMES ? ` and ${all.length - MAX_NAMES} more` : '';
  return all.slice(0, MAX_NAMES).join(', ') + more;
}
