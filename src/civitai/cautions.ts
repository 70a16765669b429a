import { CautionError } from '../errors.js';
import { findName, modelTypes } from '../options/civitai-names.js';
import { isPickle } from './fitting-files.js';
import type { Model, ModelFile, ModelVersion } from './model.js';
import { dateOf, hasBaseModel, isSince } from './select-versions.js';
import type { Selection } from './selection.js';
import { describeModel, either, formatDay } from './selection-errors.js';

/** Returns what a user should know of a version that the source itself names, although the selection excludes it. */
export function versionCautions(
  model: Model,
  version: ModelVersion,
  { types, baseModels, since }: Selection,
): readonly CautionError[] {
  const subject = `${describeModel(model)}, version ${version.name}`;
  const date = dateOf(version);
  return [
    types.length > 0 &&
      findName(types, model.type) === undefined &&
      new CautionError('other-type', `${subject} is of type ${model.type}, not ${either(types)}.`),
    !hasBaseModel(version, baseModels) &&
      new CautionError(
        'other-base-model',
        `${subject} is for ${version.baseModel}, not for ${either(baseModels)}.`,
      ),
    since !== undefined &&
      date !== undefined &&
      !isSince(version, since) &&
      new CautionError(
        'earlier-version',
        `${subject} is from ${formatDay(date)}, before ${formatDay(since)}.`,
      ),
  ].filter((caution) => caution instanceof CautionError);
}

/** Returns what a user should know of a model before its files are downloaded. */
export function modelCautions(model: Model): readonly CautionError[] {
  // A model's own type can be newer than this program; where it belongs is then unknown.
  if (findName(modelTypes, model.type) !== undefined) return [];
  return [
    new CautionError(
      'unknown-type',
      `${describeModel(model)} is of the unknown type ${model.type}, so its folder may be wrong.`,
    ),
  ];
}

/** Returns what a user should know of a file before it is downloaded. */
export function fileCautions(file: ModelFile): readonly CautionError[] {
  return [
    isPickle(file) &&
      new CautionError(
        'pickle',
        `${file.name} is a pickle file, which can run code when it is loaded. --no-pickle avoids such files.`,
      ),
    scanCaution(file),
  ].filter((caution) => caution instanceof CautionError);
}

function scanCaution({ name, pickleScan, virusScan }: ModelFile): CautionError | undefined {
  const results = [
    { scan: 'pickle scan', result: pickleScan },
    { scan: 'virus scan', result: virusScan },
  ].filter(({ result }) => result !== undefined && result !== '' && !isResult(result, 'Success'));
  if (results.length === 0) return undefined;
  const text = results.map(({ scan, result }) => `${scan}: ${result}`).join(', ');
  const isPending = results.every(({ result }) => isResult(result, 'Pending'));
  const fact = isPending
    ? `Civitai has not scanned ${name} yet`
    : `Civitai's scan of ${name} was not successful`;
  return new CautionError('scan-result', `${fact} (${text}).`);
}

function isResult(result: string | undefined, name: string): boolean {
  return result?.toLowerCase() === name.toLowerCase();
}
