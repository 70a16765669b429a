import { join } from 'node:path';
import type { ModelVersion } from '../civitai/model.js';
import { safeName } from '../disk/safe-name.js';
import type { Directories } from './sorter.js';

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

/** Bounds the time of the patterns; `safeName` truncates longer names anyway. */
const MAX_NAME_LENGTH = 1_000;

/** Returns the folder of a model, which is the same as in libraries of earlier versions. */
export function modelFolder(name: string, modelId: number): string {
  const folder = name
    .slice(0, MAX_NAME_LENGTH)
    .replace(/[<>:"/\\|*?]/g, (character) => REPLACEMENTS[character] ?? '')
    .replace(/[.?!,;:]+(?= *[&()[\]{}-])/g, '')
    .replace(/ {2,}/g, ' ')
    .trim();
  return safeName(folder, `model-mid_${modelId}`);
}

/** Returns the folder for metadata, images and prompts of a version. */
export function extraDataFolder({ id }: ModelVersion): string {
  return `extra_data-vid_${id}`;
}

/** Returns a directory for the model file, and the extra data folder below it for everything else. */
export function directoriesIn(directory: string, version: ModelVersion): Directories {
  const extra = join(directory, extraDataFolder(version));
  return { model: directory, metadata: extra, images: extra, prompts: extra };
}
