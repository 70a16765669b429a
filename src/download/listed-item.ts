import type { CivitdlError } from '../errors.js';
import type { SourceRequest } from './sources.js';

/** One model version that a list names, in a form that is small enough to keep thousands. */
export interface ListedItem {
  /** Names the model and the version by their ids. */
  readonly request: SourceRequest;
  readonly model: { readonly id: number; readonly name: string; readonly type: string };
  readonly version: { readonly id: number; readonly name: string; readonly baseModel: string };
  /** The files to download; empty if the list does not tell. */
  readonly files: readonly ListedFile[];
  /** Reasons for skipping versions of the model, with the first of its versions. */
  readonly skipped: readonly CivitdlError[];
  /** The same as long as the list says the same of this version, apart from counts; undefined if the list does not tell. */
  readonly digest: string | undefined;
}

export interface ListedFile {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  /** Bytes, if known. */
  readonly size: number | undefined;
  /** In upper case. */
  readonly sha256: string | undefined;
}
