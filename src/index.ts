/** The public API, for programs and for authors of sorters. */
export type {
  ApiJson,
  BrokenFile,
  BrokenVersion,
  ExampleImage,
  Model,
  ModelFile,
  ModelVersion,
  PaidAccess,
} from './civitai/model.js';
export { type DownloadRequest, download } from './download/api.js';
export type {
  CachedFrom,
  DownloadEvent,
  Emit,
  FileOrigin,
  FileOutcome,
  ItemEvent,
  Outcome,
  Planned,
  RunEvent,
  SourceText,
  Warning,
} from './download/events.js';
export type { Approve, PlanCounts, RunPlan } from './download/run-plan.js';
export * from './errors.js';
export type { Options, PartialOptions } from './options/options.js';
export type { Directories, SortedDirectories, SortModel } from './sorter/sorter.js';
