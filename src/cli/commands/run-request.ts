import type { PartialOptions } from '../../options.js';

/** The arguments of `civitdl` as data. */
export interface RunRequest {
  readonly sources: readonly string[];
  readonly root: string;
  readonly options: PartialOptions;
  /** Whether to ask for the key. */
  readonly askKey: boolean;
  readonly verbose: boolean;
  /** The file of each version to download: its id, name or type. */
  readonly file: string | undefined;
  readonly dryRun: boolean;
  /** Whether to start even if there is not enough space. */
  readonly forceSpace: boolean;
  readonly json: boolean;
  /** Whether to print failures only. */
  readonly quiet: boolean;
  /** The path of the list of failures, as typed. */
  readonly failed: string | undefined;
}
