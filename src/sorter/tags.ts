import { join } from 'node:path';
import { safeName } from '../disk/safe-name.js';
import { modelFolder, withExtraData } from './basic.js';
import type { Sorter } from './sorter.js';

/** A folder level each: the first of its tags that the model has, in this order whatever the model's is. */
const LEVELS = [['anime'], ['style', 'poses', 'clothings', 'character', 'celebrity', 'concept']] as const;

const NO_MATCH = 'others';

/** Base model, anime or not, kind of subject, then as `basic`. */
export const tags = ((model, version, _file, rootDir) => {
  const baseModel = safeName(version.baseModel.replaceAll(' ', '_'), 'Other');
  const levels = LEVELS.map((level) => level.find((tag) => model.tags.includes(tag)) ?? NO_MATCH);
  return withExtraData(join(rootDir, baseModel, ...levels, modelFolder(model.name, model.id)), version);
}) satisfies Sorter;
