import type { ApiJson, Model, ModelFile, ModelVersion } from '../civitai/model.js';

/** Folders for the files of a model version. */
export interface Directories {
  /** For the model file and the list of its hashes. */
  readonly model: string;
  /** For the model's JSON. */
  readonly metadata: string;
  readonly images: string;
  readonly prompts: string;
}

/**
 * Chooses the folders of a file before it is downloaded. The caller has to check the result with `confineToRoot`.
 * @throws SorterError
 */
export type Sorter = (
  model: Model,
  version: ModelVersion,
  file: ModelFile,
  rootDir: string,
) => Directories | Promise<Directories>;

/** The function `sortModel` of a sorter file. Relative paths are below the root directory. */
export type SortModel = (
  model: ApiJson,
  version: ApiJson,
  fileName: string,
  rootDir: string,
) => SortedDirectories | Promise<SortedDirectories>;

/** A list has the order of {@link Directories}. */
export type SortedDirectories =
  | Directories
  | readonly [model: string, metadata: string, images: string, prompts: string];

export interface DescribedSorter {
  readonly description: string;
  readonly sort: Sorter;
}
