import { setMaxListeners } from 'node:events';
import { type Cache, openCache } from '../cache/cache.js';
import { withBatchedModels } from '../civitai/batched-models.js';
import { createClient } from '../civitai/client.js';
import type { FileChoice } from '../civitai/select-files.js';
import { UsageError } from '../errors.js';
import type { Http } from '../http/client.js';
import { openHttp } from '../http/open-http.js';
import type { RetryPolicy } from '../http/retry.js';
import type { Options, PartialOptions } from '../options.js';
import type { Sorter } from '../sorter/sorter.js';
import { downloadBatch } from './batch.js';
import type { RunContext } from './context.js';
import type { Emit, Outcome } from './events.js';
import { createLimits } from './limits.js';
import type { Runtime } from './runtime.js';
import type { SourceRequest } from './sources.js';

/** What is wanted of a run. */
export interface BatchRun {
  readonly requested: readonly SourceRequest[];
  readonly rootDir: string;
  readonly options: Options;
  readonly choice: FileChoice;
  readonly sorter: Sorter;
  readonly dryRun: boolean;
  readonly forceSpace: boolean;
  /** Origin of the API. */
  readonly baseUrl: URL;
  readonly key: string | undefined;
  /** Absolute path of the folder where files are remembered; undefined where none are to be. */
  readonly cacheFolder: string | undefined;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Told of requests and decisions. */
  readonly trace: ((line: string) => void) | undefined;
}

/**
 * Opens all that a run needs, downloads what was asked for, and closes it again.
 * @returns how each file ended, in the order in which they were asked for
 */
export async function runBatch(run: BatchRun, machine: Runtime): Promise<readonly Outcome[]> {
  const http = await openHttp(machine, run.baseUrl, run.key, run.trace);
  try {
    return await downloadBatch(run.requested, createContext(run, machine, http));
  } finally {
    await http.close();
  }
}

function createContext(run: BatchRun, runtime: Runtime, http: Http): RunContext {
  const { requested, options, rootDir, choice, sorter, dryRun, forceSpace, baseUrl, key, emit, trace } = run;
  const { sleep, random } = runtime;
  const signal = AbortSignal.any([run.signal]);
  // All that runs at once listens to it.
  setMaxListeners(0, signal);
  const retry: RetryPolicy = {
    retries: options.retryCount,
    sleep,
    random,
    onRetry: (error, waitMs) => emit({ type: 'retrying', error, waitMs }),
  };
  const client = createClient({ http, baseUrl, hasKey: key !== undefined, retry });
  const sources = requested.map(({ source }) => source);
  return {
    runtime,
    options,
    choice,
    rootDir,
    sorter,
    dryRun,
    forceSpace,
    signal,
    http,
    client: withBatchedModels(client, sources),
    retry,
    cache: cacheOf(run, runtime),
    limits: createLimits({ runtime, options, rootDir, signal, emit }),
    seenFiles: new Map(),
    emit,
    trace: trace ?? (() => {}),
  };
}

function cacheOf(
  { options, cacheFolder: folder, emit, trace }: BatchRun,
  { lock, now }: Runtime,
): Cache | undefined {
  if (options.cacheMode === 0 || folder === undefined) return undefined;
  return openCache({ folder, lock, now, trace, warn: (error) => emit({ type: 'warned-of-run', error }) });
}

/**
 * Which files of each version are wanted.
 * @param file the id, name or type of one, if one was named
 * @param given what was asked for in this run: a stored default gives way to a file that is named
 * @throws UsageError when all were asked for as well
 */
export function choiceOf(file: string | undefined, given: PartialOptions, { allFiles }: Options): FileChoice {
  if (file === undefined) return allFiles ? 'all' : 'primary';
  if (given.allFiles) {
    throw new UsageError(
      'usage',
      "'--all-files' and '--file' can't be had together: every file, or that one?",
    );
  }
  return { named: file };
}
