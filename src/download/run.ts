import { setMaxListeners } from 'node:events';
import { type Cache, openCache } from '../cache/cache.js';
import { createClient } from '../civitai/client.js';
import type { FileChoice } from '../civitai/select-files.js';
import { UsageError } from '../errors.js';
import { openHttp } from '../http/open-http.js';
import { Throttle } from '../http/rate-limiter.js';
import type { RetryPolicy } from '../http/retry.js';
import type { Options, PartialOptions } from '../options.js';
import { type BatchDeps, downloadBatch } from './batch.js';
import type { Emit, Outcome } from './events.js';
import type { Runtime } from './runtime.js';
import type { SourceRequest } from './sources.js';

/** What is wanted of a run. */
export interface BatchRun
  extends Pick<BatchDeps, 'rootDir' | 'options' | 'sorter' | 'choice' | 'dryRun' | 'forceSpace'> {
  readonly requested: readonly SourceRequest[];
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
  const { requested, baseUrl, key, options, emit, trace } = run;
  const signal = AbortSignal.any([run.signal]);
  // All that runs at once listens to it.
  setMaxListeners(0, signal);
  const { sleep, random, monotonic } = machine;
  const http = await openHttp(machine, baseUrl, key, trace);
  const retry: RetryPolicy = {
    retries: options.retryCount,
    sleep,
    random,
    onRetry: (error, waitMs) => emit({ type: 'retrying', error, waitMs }),
  };
  const client = createClient({ http, baseUrl, hasKey: key !== undefined, retry });
  try {
    const throttle = throttleFor(options, monotonic);
    return await downloadBatch(requested, {
      ...machine,
      ...run,
      signal,
      client,
      http,
      retry,
      throttle,
      cache: cacheOf(run, machine),
    });
  } finally {
    await http.close();
  }
}

function cacheOf(
  { options, cacheFolder: folder, emit, trace }: BatchRun,
  { lock, now }: Runtime,
): Cache | undefined {
  if (options.cacheMode === 0 || folder === undefined) return undefined;
  return openCache({ folder, lock, now, trace, warn: (error) => emit({ type: 'warned-of-run', error }) });
}

/** One for all model files of the run, where they are to be limited. */
function throttleFor({ limitRate }: Options, monotonic: () => number): Throttle | undefined {
  return limitRate > 0 ? new Throttle(limitRate, monotonic) : undefined;
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
