/** What programs and writers of sorters may rely on. */
export type { ApiJson, ExampleImage, Model, ModelFile, ModelVersion, PaidAccess } from './civitai/model.js';
export * from './errors.js';
export type { Directories, SortedDirectories, SortModel } from './sorter/sorter.js';
