import { join } from 'node:path';
import { safeName } from './names.js';
import type { Sorter } from './sorter.js';

/** A folder per model; what is not the model file lies in a folder per version below it. */
export const basic: Sorter = (model, version, _fileName, rootDir) => {
  const directory = join(rootDir, modelFolder(model.name, model.id));
  const extra = join(directory, `extra_data-vid_${version.id}`);
  return { model: directory, metadata: extra, images: extra, prompts: extra };
};

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
