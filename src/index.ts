/** What programs and writers of sorters may rely on. */
export type { ApiJson, ExampleImage, Model, ModelFile, ModelVersion, PaidAccess } from './civitai/model.js';
export * from './errors.js';
export type {
  CachedFrom,
  DownloadEvent,
  Emit,
  FileOutcome,
  Foreseen,
  ItemHappening,
  Outcome,
  Planned,
  RunHappening,
  Subject,
} from './events.js';
export { type DownloadRequest, download } from './library.js';
export type { Options, PartialOptions } from './options.js';
export type { Directories, SortedDirectories, SortModel } from './sorter/sorter.js';
