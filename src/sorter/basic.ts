import { join } from 'node:path';
import type { ModelVersion } from '../civitai/model.js';
import { safeName } from '../disk/safe-name.js';
import type { Directories, Sorter } from './sorter.js';

/** A folder per model; what is not the model file lies in a folder per version below it. */
export const basic = ((model, version, _file, rootDir) =>
  withExtraData(join(rootDir, modelFolder(model.name, model.id)), version)) satisfies Sorter;

/** A directory for the model file, with a folder per version below it for all else. */
export function withExtraData(directory: string, version: ModelVersion): Directories {
  const extra = join(directory, extraData(version));
  return { model: directory, metadata: extra, images: extra, prompts: extra };
}

/** The folder of what comes with the model file, one per version. */
export function extraData({ id }: ModelVersion): string {
  return `extra_data-vid_${id}`;
}

const REPLACEMENTS: Readonly<Record<string, string>> = {
  '<': '(',
  '>': ')',
  ':': ',',
  '"': '-',
  '/': '&',
  '\\': '&',
  '|': '&',
  '*': '&',
  '?': '.',
};

/** Longer names than this are cut anyway, and no pattern is tried on more. */
const LONGEST = 1_000;

/** The folder of a model by its name, as the libraries of earlier versions have it. */
export function modelFolder(name: string, modelId: number): string {
  const replaced = name
    .slice(0, LONGEST)
    .replace(/[<>:"/\\|*?]/g, (character) => REPLACEMENTS[character] ?? '');
  const tidied = replaced
    .replace(/[.?!,;:]+(?= *[&()[\]{}-])/g, '')
    .replace(/ {2,}/g, ' ')
    .trim();
  return safeName(tidied, `model-mid_${modelId}`);
}

/** A folder level each: the first of its tags that the model has, in this order whatever the model's is. */
const LEVELS = [['anime'], ['style', 'poses', 'clothings', 'character', 'celebrity', 'concept']] as const;

const NO_MATCH = 'others';

/** Base model, anime or not, kind of subject, then as `basic`. */
export const tags = ((model, version, _file, rootDir) => {
  const baseModel = safeName(version.baseModel.replaceAll(' ', '_'), 'Other');
  const levels = LEVELS.map((level) => level.find((tag) => model.tags.includes(tag)) ?? NO_MATCH);
  return withExtraData(join(rootDir, baseModel, ...levels, modelFolder(model.name, model.id)), version);
}) satisfies Sorter;
