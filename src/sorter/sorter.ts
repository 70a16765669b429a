import type { Model, ModelVersion } from '../civitai/model.js';

/** The folders that a sorter chose for one model version, as absolute paths. */
export interface Directories {
  /** The model file and the list of its hashes. */
  readonly model: string;
  /** The model's JSON. */
  readonly metadata: string;
  readonly images: string;
  readonly prompts: string;
}

/** Decides where the files of a model version go: pure, so that a whole layout is known before any byte moves. */
export type Sorter = (model: Model, version: ModelVersion, fileName: string, rootDir: string) => Directories;
