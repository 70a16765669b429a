import { absolutePath } from '../disk/paths.js';
import { UsageError } from '../errors.js';
import { describeAllowed, isValue } from '../options/option-types.js';
import { optionNames, type PartialOptions, specOf } from '../options/options.js';
import type { Emit, Outcome } from './events.js';
import { prepareRun, type RunEnvironment, type RunInput, runDownloads } from './run.js';
import type { Approve } from './run-plan.js';
import { type Runtime, systemFolders, systemRuntime } from './runtime.js';

/** The models to download, and how. */
export interface DownloadRequest {
  /** Sources as they are typed for the command: ids, URLs, AIRs, hashes, or paths of batch files. */
  readonly sources: readonly string[];
  /** Absolute, or relative to the working directory. */
  readonly rootDir: string;
  /** The command's options by their names without dashes: `maxImages` for `--max-images`. */
  readonly options?: PartialOptions;
  /** Another file of each version: its id, name or type. */
  readonly file?: string;
  readonly apiKey?: string;
  /** Folder of the index of downloaded files, from which later runs take files; none is used by default. */
  readonly cacheDir?: string;
  /** Whether to plan only: nothing is written or transferred. */
  readonly dryRun?: boolean;
  /** Whether to download even if there is too little space on disk. */
  readonly forceSpace?: boolean;
  /** Stops the download; the next one resumes it. */
  readonly signal?: AbortSignal;
  readonly onEvent?: Emit;
  /** Called once if there are lists among the sources, before the first download; false ends it. True by default. */
  readonly approve?: Approve;
  /** `HTTPS_PROXY`, `ALL_PROXY`, `HTTP_PROXY`, `NO_PROXY`, `CIVITAI_BASE_URL`, as for the command; empty by default. */
  readonly env?: Runtime['env'];
}

/**
 * Downloads models as the command `civitdl` does, but reads no configuration and prints nothing.
 * @returns how each file ended; a failure is an outcome
 * @throws UsageError if the request is invalid, SorterError if the sorter cannot be used,
 *   InterruptedError if `approve` returned false: then nothing was done
 */
export async function download(request: DownloadRequest): Promise<readonly Outcome[]> {
  const { options = {}, onEvent: emit = () => {} } = request;
  assertOptions(options);
  return runDownloads(await prepareRun(inputOf(request), environmentOf(request)), { emit });
}

function assertOptions(given: PartialOptions): void {
  for (const name of optionNames) {
    const value = given[name];
    if (value !== undefined && !isValue(specOf(name), value))
      throw new UsageError('usage', `${name}: '${String(value)}' is not ${describeAllowed(specOf(name))}.`);
  }
}

function inputOf(request: DownloadRequest): RunInput {
  const { sources, options = {}, file, dryRun = false, forceSpace = false } = request;
  return { sources, rootDir: absoluteDir(request.rootDir), options, defaults: {}, file, dryRun, forceSpace };
}

function environmentOf({ env = {}, cacheDir, apiKey, signal, approve }: DownloadRequest): RunEnvironment {
  return {
    runtime: systemRuntime(env),
    signal: signal ?? new AbortController().signal,
    ...systemFolders(),
    cacheDir: cacheDir === undefined ? undefined : absoluteDir(cacheDir),
    addedSorters: new Map(),
    readKey: async () => apiKey,
    approve: approve ?? (() => true),
    readStdin: () => Promise.reject(new UsageError('usage', 'Only the command reads standard input.')),
  };
}

/** Unlike on a command line, `~` is a name as any other. */
function absoluteDir(path: string): string {
  return absolutePath(path.startsWith('~') ? `./${path}` : path, systemFolders());
}
