import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type BatchReader, type Rejected, readSources } from '../civitai/batch-file.js';
import type { FileChoice } from '../civitai/choose.js';
import { createClient } from '../civitai/client.js';
import { type DownloadDeps, download } from '../download.js';
import { UsageError } from '../errors.js';
import type { Outcome } from '../events.js';
import { mergeOptions, type Options, type PartialOptions } from '../options.js';
import { expandPath } from '../store/alias.js';
import { type Cache, openCache } from '../store/cache.js';
import { type Config, readConfig } from '../store/config.js';
import { Throttle } from '../transfer/throttle.js';
import { type Context, configPath } from './context.js';
import { exitStatus, statusOfRun } from './exit-status.js';
import { askKey, keyFromEnvironment, readStdin } from './key.js';
import { baseUrlOf, openNetwork } from './network.js';
import { emitJson, endJson, nowhere } from './report/json.js';
import { describeStack } from './report/problem.js';
import { createProgress, type Progress } from './report/progress.js';
import { createStyle, type Style, wantsColors } from './report/style.js';
import { summaryLines } from './report/summary.js';
import { retryCommand } from './retry-command.js';
import { openSorterOfRun } from './sorters.js';

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
}

/**
 * One run of `civitdl`, from what was typed to the exit status.
 * @throws what keeps the run from starting; what fails in it is told and counted
 */
export async function run(request: RunRequest, context: Context): Promise<number> {
  const config = await readConfig(await configPath(context));
  const options = mergeOptions(request.options, config.defaults);
  const choice = choiceOf(request, options);
  const rootDir = await expandPath(request.root, config.aliases, context);
  const baseUrl = await baseUrlOf(context.env);
  const key = once(() => findKey(request, config, context));
  const sources = await readSources(request.sources, batchReader(context, key));
  const style = createStyle(wantsColors(context, options.withColor));
  const progress = await createProgressFor(request, style, context);
  try {
    const sorter = await openSorterOfRun(request.options.sorter, config, context, progress.say);
    const network = {
      baseUrl,
      key: await key(),
      trace: request.verbose ? tracer(progress, style) : undefined,
    };
    const started = context.now();
    const { dryRun, forceSpace } = request;
    const target = { rootDir, options, choice, dryRun, forceSpace, sorter: sorter.sort };
    const downloaded = await downloadAll(sources.requested, target, network, progress, context);
    const outcomes = [...sources.rejected.map(outcomeOf), ...downloaded];
    progress.close();
    const elapsed = context.now() - started;
    tellEnd(outcomes, elapsed, request, progress, style);
    const status = context.interrupted.aborted ? exitStatus.interrupted : statusOfRun(outcomes);
    if (request.json) context.stdout.write(`${JSON.stringify(endJson(outcomes, elapsed, status))}\n`);
    return status;
  } finally {
    progress.close();
  }
}

interface Network {
  readonly baseUrl: URL;
  readonly key: string | undefined;
  readonly trace: ((line: string) => void) | undefined;
}

/** What the user wants of the download. */
type Target = Pick<DownloadDeps, 'rootDir' | 'options' | 'sorter' | 'choice' | 'dryRun' | 'forceSpace'>;

async function downloadAll(
  requested: Parameters<typeof download>[0],
  target: Target,
  { baseUrl, key, trace }: Network,
  { emit }: Progress,
  context: Context,
): Promise<readonly Outcome[]> {
  const { lock, sleep, random, now, clock, interrupted: signal } = context;
  const http = await openNetwork(context, baseUrl, key, trace);
  const retry = {
    retries: target.options.retryCount,
    sleep,
    random,
    onRetry: (error, waitMs) => emit({ type: 'retrying', error, waitMs }),
  } satisfies Parameters<typeof createClient>[0]['retry'];
  const client = createClient({ http, baseUrl, hasKey: key !== undefined, retry });
  try {
    const deps = {
      client,
      http,
      retry,
      lock,
      emit,
      signal,
      sleep,
      now,
      clock,
      throttle: throttleFor(target, clock),
      cache: await cacheFor(target.options, emit, trace, context),
    };
    return await download(requested, { ...deps, ...target });
  } finally {
    await http.close();
  }
}

async function cacheFor(
  { cacheMode }: Options,
  emit: Progress['emit'],
  trace: Network['trace'],
  { cacheDir, cwd, lock, now }: Context,
): Promise<Cache | undefined> {
  if (cacheMode === 0) return undefined;
  const folder = resolve(cwd, await cacheDir());
  return openCache({ folder, lock, now, trace, warn: (error) => emit({ type: 'warned-of-run', error }) });
}

/** One for all model files of the run, where they are to be limited. */
function throttleFor({ options: { limitRate } }: Target, clock: () => number): Throttle | undefined {
  return limitRate > 0 ? new Throttle(limitRate, clock) : undefined;
}

function choiceOf({ file, options }: RunRequest, { allFiles }: Options): FileChoice {
  if (file === undefined) return allFiles ? 'all' : 'primary';
  if (options.allFiles) {
    throw new UsageError(
      'usage',
      "'--all-files' and '--file' can't be had together: every file, or that one?",
    );
  }
  return { named: file };
}

/** The first that there is: asked for in this run, from the environment, stored. */
async function findKey(request: RunRequest, config: Config, context: Context): Promise<string | undefined> {
  return request.askKey ? askKey(context) : (keyFromEnvironment(context.env) ?? config.apiKey);
}

function batchReader(context: Context, key: () => Promise<unknown>): BatchReader {
  return {
    readFile,
    readStdin: async () => {
      // Where both come from standard input, the key is its first line.
      await key();
      return readStdin(context);
    },
    cwd: context.cwd,
    home: context.home,
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** For a person, and besides for a program, for which standard output is kept then. */
async function createProgressFor(
  { json, dryRun }: RunRequest,
  style: Style,
  context: Context,
): Promise<Progress> {
  if (!json) return createProgress(context, style, await barFor(context), { dryRun });
  const progress = createProgress({ ...context, stdout: nowhere }, style, undefined);
  const tell = emitJson(context);
  return {
    ...progress,
    emit: (event) => {
      progress.emit(event);
      tell(event);
    },
  };
}

async function barFor({ stderr, now }: Context) {
  if (!stderr.isTTY) return undefined;
  const { LiveBar } = await import('./report/live-bar.js');
  return new LiveBar(stderr, now);
}

function tracer(progress: Progress, style: Style): (line: string) => void {
  return (line) => progress.say(style.dim(`  ${line}`));
}

function outcomeOf({ text, origin, error }: Rejected): Outcome {
  return { subject: { text, origin }, status: 'failed', error };
}

function tellEnd(
  outcomes: readonly Outcome[],
  elapsed: number,
  request: RunRequest,
  progress: Progress,
  style: Style,
): void {
  const retry = (failed: readonly Outcome[]) =>
    retryCommand(
      failed.map(({ subject }) => subject.text),
      request,
    );
  for (const line of summaryLines(outcomes, elapsed, retry, style)) progress.say(line);
  if (!request.verbose) return;
  for (const outcome of outcomes) if (outcome.status === 'failed') progress.say(describeStack(outcome.error));
}
