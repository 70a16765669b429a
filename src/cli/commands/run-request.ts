import type { PartialOptions } from '../../options/options.js';
import type { RootOrigin } from '../arguments.js';

/** The flags of `civitdl` as data, with what the options of the table do not have. */
interface RunFlags {
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
  /** Whether to start a large run with lists without a question. */
  readonly yes: boolean;
  /** Whether to print failures only. */
  readonly quiet: boolean;
  /** The path of the list of failures, as typed. */
  readonly failed: string | undefined;
  /** The shell command to run for each downloaded model. */
  readonly exec: string | undefined;
  /** Whether to open the pages of downloaded models. */
  readonly open: boolean;
}

/** The arguments of `civitdl` as they were typed. */
export interface TypedRequest extends RunFlags {
  readonly paths: readonly string[];
  readonly output: string | undefined;
}

/** The arguments of `civitdl`, with a root directory. */
export interface RunRequest extends RunFlags {
  readonly sources: readonly string[];
  readonly root: string;
  readonly rootFrom: RootOrigin;
}
