import type { Cache } from '../cache/cache.js';
import type { CivitaiClient } from '../civitai/client.js';
import type { Ask } from '../civitai/question.js';
import type { FileChoice } from '../civitai/select-files.js';
import type { Selection } from '../civitai/selection.js';
import type { Http } from '../http/client.js';
import type { RetryPolicy } from '../http/retry.js';
import type { Options } from '../options/options.js';
import type { AppSidecars } from '../sidecars/app-sidecars.js';
import type { FoundApp } from '../sorter/apps/app.js';
import type { AppLayout } from '../sorter/apps/app-layout.js';
import type { Sorter } from '../sorter/sorter.js';
import type { Emit, EmitItem } from './events.js';
import type { FinishedVersions } from './finished-versions.js';
import type { SubfolderFiles } from './folder-names.js';
import type { Limits } from './limits.js';
import type { ReservedNames } from './reserved-names.js';
import type { Runtime } from './runtime.js';

/** Everything that all items of a run share; built once, in `run.ts`. */
export interface RunContext {
  readonly runtime: Runtime;
  readonly options: Options;
  /** The files to download of each version. */
  readonly choice: FileChoice;
  /** The versions to download of each model, and how to choose between their files. */
  readonly selection: Selection;
  readonly rootDir: string;
  /** Asks about a source that can mean several things; undefined without a terminal. */
  readonly ask?: Ask | undefined;
  readonly sorter: Sorter;
  /** The application whose folders the sorter chooses; undefined for other sorters. */
  readonly layout: AppLayout | undefined;
  /** Whether model files have Civitai's own names. */
  readonly hasOriginalNames: boolean;
  /** The files to write next to each model. */
  readonly sidecars: AppSidecars;
  readonly reservedNames: ReservedNames;
  readonly subfolders: SubfolderFiles;
  /** The application that the root directory belongs to, if any. */
  readonly found: FoundApp | undefined;
  readonly dryRun: boolean;
  readonly forceSpace: boolean;
  readonly signal: AbortSignal;
  readonly http: Http;
  readonly client: CivitaiClient;
  readonly retry: RetryPolicy;
  readonly cache: Cache | undefined;
  /** The listed versions that earlier runs have finished; undefined without a cache. */
  readonly finished?: FinishedVersions | undefined;
  readonly limits: Limits;
  /** Whether the download of a file succeeded, by version and file id. */
  readonly seenFiles: Map<string, Promise<boolean>>;
  readonly emit: Emit;
  readonly trace: (line: string) => void;
}

/** Connects one file of an item with the rest of the run. */
export interface ItemHooks {
  readonly emit: EmitItem;
  /** Waits until the model file may be fetched from the network. Rejects after the run was stopped. */
  readonly waitForSlot: () => Promise<void>;
  /** Called with the path of a model file's verified bytes, before it gets its name. */
  readonly beforeCommit?: ((path: string) => Promise<void>) | undefined;
  /** Called, perhaps several times, with the number of bytes that are still to be fetched. */
  readonly remaining: (bytes: number) => void;
  /** Called, perhaps several times, when so little is left to be fetched that the next item may begin. */
  readonly almostDone: () => void;
}
