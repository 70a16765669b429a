import type { PartialOptions } from '../../options.js';

/** What was typed, as data. */
export interface RunRequest {
  readonly sources: readonly string[];
  readonly root: string;
  readonly options: PartialOptions;
  /** Whether to ask for the key. */
  readonly askKey: boolean;
  readonly verbose: boolean;
  /** Which file of each version: its id, name or type. */
  readonly file: string | undefined;
  readonly dryRun: boolean;
  /** Whether to begin although there is too little room on disk. */
  readonly forceSpace: boolean;
  /** Whether a program reads what happens. */
  readonly json: boolean;
  /** Whether nothing but failures is told. */
  readonly quiet: boolean;
  /** Where to list what failed, as it was typed. */
  readonly failed: string | undefined;
}
