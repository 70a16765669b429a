import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { UsageError } from '../errors.js';
import { readBaseUrl } from '../http/open-http.js';
import { describeAllowed, isValue } from '../option-types.js';
import { mergeOptions, optionNames, type PartialOptions, specOf } from '../options.js';
import { loadSorter } from '../sorter/load.js';
import type { Emit, Outcome } from './events.js';
import { choiceOf, runBatch } from './run.js';
import { type Runtime, systemRuntime } from './runtime.js';
import { readSources } from './sources.js';

/** What a program asks for. */
export interface DownloadRequest {
  /** As they are typed for the command: ids, URLs, AIRs, hashes, or paths of batch files. */
  readonly sources: readonly string[];
  /** Absolute, or relative to the working directory. */
  readonly rootDir: string;
  /** The command's options by their names without dashes, `maxImages` for `--max-images`; its own defaults unless given. */
  readonly options?: PartialOptions;
  /** Another file of each version: its id, name or type. */
  readonly file?: string;
  readonly apiKey?: string;
  /** Folder where files are remembered, to be taken from there in later runs; none unless given. */
  readonly cacheDir?: string;
  /** Whether to plan only: nothing is transferred or written. */
  readonly dryRun?: boolean;
  /** Whether to begin although there is too little room on disk. */
  readonly forceSpace?: boolean;
  /** Ends the download: what is under way stops, what was received is kept for the next one. */
  readonly signal?: AbortSignal;
  /** Told what happens. */
  readonly onEvent?: Emit;
  /** `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY` and `CIVITAI_BASE_URL`, as for the command; none of them unless given. */
  readonly env?: Runtime['env'];
}

/** Milliseconds until a sorter's file counts as hanging. */
const SORTER_TIMEOUT = 5_000;

/**
 * Downloads models as the command `civitdl` does, but reads no configuration and prints nothing.
 * @returns how each file ended; a failure is an outcome like another
 * @throws UsageError when the request makes no sense: then nothing was done. SorterError when the sorter can't be used
 */
export async function download(request: DownloadRequest): Promise<readonly Outcome[]> {
  const { options: given = {}, onEvent = () => {}, env = {}, cacheDir } = request;
  const signal = request.signal ?? new AbortController().signal;
  checkOptions(given);
  const options = mergeOptions(given);
  const [cwd, home] = [resolve(''), homedir()];
  const thread = { timeoutMs: SORTER_TIMEOUT, signal, onLine: () => {} };
  const sorter = await loadSorter(options.sorter, { added: new Map(), cwd, home }, thread);
  const readStdin = () => Promise.reject(new UsageError('usage', 'Only the command reads standard input.'));
  const { requests, invalid } = await readSources(request.sources, { readFile, readStdin, cwd, home });
  const outcomes = await runBatch(
    {
      requested: requests,
      rootDir: resolve(request.rootDir),
      options,
      choice: choiceOf(request.file, given, options),
      sorter: sorter.sort,
      dryRun: request.dryRun ?? false,
      forceSpace: request.forceSpace ?? false,
      baseUrl: readBaseUrl(env),
      key: request.apiKey,
      cacheFolder: cacheDir === undefined ? undefined : resolve(cacheDir),
      emit: onEvent,
      signal,
      trace: undefined,
    },
    systemRuntime(env),
  );
  const notSources = invalid.map(({ text, origin, error }): Outcome => {
    return { subject: { text, origin }, status: 'failed', error };
  });
  return [...notSources, ...outcomes];
}

function checkOptions(given: PartialOptions): void {
  for (const name of optionNames) {
    const value = given[name];
    if (value !== undefined && !isValue(specOf(name), value))
      throw new UsageError('usage', `${name}: '${String(value)}' is not ${describeAllowed(specOf(name))}.`);
  }
}
