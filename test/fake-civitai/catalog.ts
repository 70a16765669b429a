import { applicationModels } from './catalog/applications.js';
import type { CatalogModel } from './catalog/entry.js';
import { fileModels } from './catalog/files.js';
import { hashModels } from './catalog/hashes.js';
import { imageModels } from './catalog/images.js';
import { nameModels } from './catalog/names.js';
import { plainModels } from './catalog/plain.js';
import { refusedModels } from './catalog/refused.js';

export { file, image, model, version } from './catalog/build.js';
export type { CatalogModel } from './catalog/entry.js';
export { ids } from './catalog/ids.js';
export { deadline } from './catalog/refused.js';

/** The models of the fake Civitai server by default. */
export const catalog: readonly CatalogModel[] = [
  ...plainModels,
  ...refusedModels,
  ...fileModels,
  ...hashModels,
  ...nameModels,
  ...imageModels,
  ...applicationModels,
];
