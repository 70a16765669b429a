import type { Cache } from '../cache/cache.js';
import type { CivitaiClient } from '../civitai/client.js';
import type { FileChoice } from '../civitai/select-files.js';
import type { Http } from '../http/client.js';
import type { RetryPolicy } from '../http/retry.js';
import type { Options } from '../options.js';
import type { Sorter } from '../sorter/sorter.js';
import type { Emit, EmitItem } from './events.js';
import type { Limits } from './limits.js';
import type { Runtime } from './runtime.js';

/** Everything that all items of a run share; built once, in `run.ts`. */
export interface RunContext {
  readonly runtime: Runtime;
  readonly options: Options;
  /** The files to download of each version. */
  readonly choice: FileChoice;
  /** Absolute path. */
  readonly rootDir: string;
  readonly sorter: Sorter;
  /** Whether to plan only: nothing is written or transferred. */
  readonly dryRun: boolean;
  /** Whether to download even if there is too little space on disk. */
  readonly forceSpace: boolean;
  readonly signal: AbortSignal;
  readonly http: Http;
  readonly client: CivitaiClient;
  readonly retry: RetryPolicy;
  /** The index of files on disk; undefined if none is used. */
  readonly cache: Cache | undefined;
  readonly limits: Limits;
  /** Files of this run by version and file id: true once the file is on disk, false if its download failed. */
  readonly seenFiles: Map<string, Promise<boolean>>;
  readonly emit: Emit;
  /** Called with each decision, for a log. */
  readonly trace: (line: string) => void;
}

/** The connection between one file of an item and the batch that downloads it. */
export interface ItemHooks {
  readonly emit: EmitItem;
  /** Waits until the item may use the network. @throws when it may not any more */
  readonly waitForSlot: () => Promise<void>;
  /** Called, perhaps several times, with the number of bytes that are still to be fetched. */
  readonly remaining: (bytes: number) => void;
  /** Called, perhaps several times, when so little is left to be fetched that the next item may begin. */
  readonly almostDone: () => void;
}
