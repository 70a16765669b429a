import { join } from 'node:path';
import { safeName } from '../disk/safe-name.js';
import { directoriesIn, modelFolder } from './model-folder.js';
import type { Sorter } from './sorter.js';

/** One folder per model. */
export const basic = ((model, version, _file, rootDir) =>
  directoriesIn(join(rootDir, modelFolder(model.name, model.id)), version)) satisfies Sorter;

/** One folder level per list: the first of its tags that the model has, regardless of the model's own order. */
const TAG_LEVELS = [['anime'], ['style', 'poses', 'clothings', 'character', 'celebrity', 'concept']] as const;
const NO_MATCH = 'others';

/** Folders by base model, then by tags, then by model. */
export const tags = ((model, version, _file, rootDir) => {
  const baseModel = safeName(version.baseModel.replaceAll(' ', '_'), 'Other');
  const levels = TAG_LEVELS.map((level) => level.find((tag) => model.tags.includes(tag)) ?? NO_MATCH);
  return directoriesIn(join(rootDir, baseModel, ...levels, modelFolder(model.name, model.id)), version);
}) satisfies Sorter;
