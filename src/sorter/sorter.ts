import type { ApiJson, Model, ModelFile, ModelVersion } from '../civitai/model.js';

/** The folders that a sorter chose for one file of a model version. */
export interface Directories {
  /** The model file and the list of its hashes. */
  readonly model: string;
  /** The model's JSON. */
  readonly metadata: string;
  readonly images: string;
  readonly prompts: string;
}

/**
 * Decides where a file of a model version goes, with its metadata, images and prompts, before any byte of it moves.
 * What it returns is not trusted: `checkDirectories` comes after it.
 * @throws SorterError
 */
export type Sorter = (
  model: Model,
  version: ModelVersion,
  file: ModelFile,
  rootDir: string,
) => Directories | Promise<Directories>;

/**
 * What a sorter file exports under this name: the same in the API's own words. A directory that is not absolute counts
 * from the root directory; a list has the four in the order of {@link Directories}.
 */
export type SortModel = (
  model: ApiJson,
  version: ApiJson,
  fileName: string,
  rootDir: string,
) => SortedDirectories | Promise<SortedDirectories>;

export type SortedDirectories =
  | Directories
  | readonly [model: string, metadata: string, images: string, prompts: string];

/** A sorter with what a user reads of it. */
export interface DescribedSorter {
  readonly description: string;
  readonly sort: Sorter;
}
