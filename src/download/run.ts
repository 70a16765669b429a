import { setMaxListeners } from 'node:events';
import { type Cache, openCache } from '../cache/cache.js';
import { type CivitaiClient, createClient } from '../civitai/client.js';
import type { Ask } from '../civitai/question.js';
import type { FileChoice } from '../civitai/select-files.js';
import { createSelection } from '../civitai/selection.js';
import { type CivitdlError, type KeyOrigin, UsageError } from '../errors.js';
import type { Http } from '../http/client.js';
import { proxyOrigin } from '../http/network-options.js';
import { assertNetworkEnvironment, openHttp, readBaseUrl } from '../http/open-http.js';
import type { RetryPolicy } from '../http/retry.js';
import { findName, periods, sortOrders } from '../options/civitai-names.js';
import { mergeOptions, type Options, type PartialOptions } from '../options/options.js';
import { parseSidecars } from '../options/sidecar-formats.js';
import { type AppSidecars, sidecarsFor } from '../sidecars/app-sidecars.js';
import { loadSorter, type SorterLocation } from '../sorter/load.js';
import type { Sorter } from '../sorter/sorter.js';
import { stripControlChars } from '../text.js';
import { ApiKey, type RequestKey } from './api-key.js';
import { withBaseModelAdvice } from './base-model-advice.js';
import { type ChosenSorter, chooseSorter } from './choose-sorter.js';
import type { RunContext } from './context.js';
import { downloadItems, hasLists } from './download-items.js';
import type { Emit, Outcome } from './events.js';
import { type ExpandContext, expandSources } from './expand-sources.js';
import { SubfolderFiles } from './folder-names.js';
import { createLimits, type Limits } from './limits.js';
import { withNetwork } from './network.js';
import { openFinished } from './open-finished.js';
import { reportRoot } from './report-root.js';
import { ReservedNames } from './reserved-names.js';
import { assertRootDir } from './root-dir.js';
import type { Approve } from './run-plan.js';
import type { Runtime } from './runtime.js';
import { readSourceFile } from './source-file.js';
import { type InvalidSource, readSources, type Sources } from './sources.js';

export interface RunInput {
  readonly sources: readonly string[];
  readonly rootDir: string;
  readonly options: PartialOptions;
  /** Stored options, used unless `options` overrides them. */
  readonly defaults: PartialOptions;
  readonly file: string | undefined;
  readonly dryRun: boolean;
  readonly forceSpace: boolean;
}

/** The surroundings of a run, which a command and a library provide differently. */
export interface RunEnvironment {
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  readonly cwd: string;
  readonly home: string;
  readonly cacheDir: string | undefined;
  readonly addedSorters: ReadonlyMap<string, SorterLocation>;
  readonly readKey: () => Promise<string | undefined>;
  /** Where that key comes from, for messages. */
  readonly keyFrom?: KeyOrigin | undefined;
  /** Called once, after the first refusal for lack of a valid key. */
  readonly requestKey?: RequestKey | undefined;
  readonly readStdin: () => Promise<Uint8Array>;
  /** Asks about a source that can mean several things; without it, such a source is an error. */
  readonly ask?: Ask | undefined;
  /** Called in a run with lists, before the first download. */
  readonly approve: Approve;
  /** Called with the error of a default sorter; returns the error to throw. */
  readonly explainDefaultSorter?: (error: unknown) => unknown;
}

export interface RunListener {
  readonly emit: Emit;
  /** Called when the sorter is loaded, before the key is read. */
  readonly onStart?: () => void;
  /** Called with each line that a sorter file prints. */
  readonly onSorterLine?: ((line: string) => void) | undefined;
  /** Called with each request and each decision, for a log. */
  readonly trace?: ((line: string) => void) | undefined;
}

export interface PreparedRun {
  readonly input: RunInput;
  readonly environment: RunEnvironment;
  readonly options: Options;
  readonly choice: FileChoice;
  readonly baseUrl: URL;
  readonly sources: Sources;
}

/** Merges the options and reads the sources of a run. @throws UsageError */
export async function prepareRun(input: RunInput, environment: RunEnvironment): Promise<PreparedRun> {
  const { readStdin, cwd, home } = environment;
  assertRootDir(input.rootDir, !input.dryRun);
  const options = mergeOptions(input.options, input.defaults);
  const runtime = withNetwork(environment.runtime, { ...options, proxyFrom: proxyOrigin(input.options) });
  const choice = fileChoice(input, options);
  const baseUrl = readBaseUrl(runtime.env);
  assertNetworkEnvironment(runtime.env);
  const sources = await readSources(input.sources, { readFile: readSourceFile, readStdin, cwd, home });
  return { input, environment: { ...environment, runtime }, options, choice, baseUrl, sources };
}

/** A named file overrides a stored `allFiles`. */
function fileChoice({ file, options: given }: RunInput, { allFiles }: Options): FileChoice {
  if (file === undefined) return allFiles ? 'all' : 'primary';
  if (given.allFiles) throw new UsageError('usage', '--all-files and --file cannot be combined.');
  return { named: file };
}

/**
 * Loads the sorter, opens the network and the cache, and downloads everything.
 * @returns the outcome of each file, in the order of the sources; invalid sources are first
 * @throws UsageError or SorterError if the sorter cannot be used
 */
export async function runDownloads(run: PreparedRun, listener: RunListener): Promise<readonly Outcome[]> {
  const { environment, baseUrl, sources } = run;
  const chosen = await chooseRunSorter(run, listener);
  listener.onStart?.();
  for (const error of sources.warnings) listener.emit({ type: 'warned-of-run', error });
  reportRoot(run.input, run.options, chosen, listener.emit);
  const key = new ApiKey(await environment.readKey(), environment.requestKey, environment.keyFrom);
  const http = await openHttp(environment.runtime, baseUrl, () => key.current, listener.trace);
  try {
    const context = createContext(run, listener, { ...chosen, http, key });
    const { items, failed } = await expandSources(sources.requests, expansionOf(context));
    const finished = hasLists(items) ? await openRecord(run, context) : undefined;
    const outcomes = await downloadItems(items, { ...context, finished }, environment.approve);
    return [...sources.invalid.map(toOutcome), ...failed, ...outcomes];
  } finally {
    await http.close();
  }
}

function openRecord({ environment, baseUrl }: PreparedRun, context: RunContext) {
  const { cacheDir, addedSorters: added, cwd, home } = environment;
  return openFinished(context, { cacheDir, baseUrl, sorters: { added, cwd, home } });
}

function expansionOf({
  client,
  signal,
  selection,
  choice,
  options,
  runtime,
  emit,
}: RunContext): ExpandContext {
  const { limit, sort, period, nsfwMode } = options;
  const lists = {
    limit: limit === 0 ? undefined : limit,
    sort: findName(sortOrders, sort),
    period: findName(periods, period),
    isSafe: nsfwMode === 0,
  };
  return { client, signal, selection, choice, lists, now: runtime.now(), emit };
}

function chooseRunSorter(run: PreparedRun, listener: RunListener): Promise<ChosenSorter> {
  const { environment, options, input } = run;
  const { home, runtime } = environment;
  const { rootDir } = input;
  const load = () => openSorter(run, listener);
  const onProblem = (error: unknown) => listener.emit({ type: 'warned-of-run', error });
  return chooseSorter({ name: options.sorter, rootDir, load }, { home, env: runtime.env, onProblem });
}

async function openSorter(
  { input, environment, options }: PreparedRun,
  { onSorterLine }: RunListener,
): Promise<Sorter> {
  const { addedSorters: added, cwd, home, signal, runtime, explainDefaultSorter } = environment;
  const onLine = (line: string) => onSorterLine?.(stripControlChars(line));
  const worker = { env: runtime.sorterEnv, timeoutMs: runtime.sorterTimeoutMs, signal, onLine };
  try {
    return (await loadSorter(options.sorter, { added, cwd, home }, worker)).sort;
  } catch (error) {
    const isDefault = input.options.sorter === undefined;
    throw isDefault && explainDefaultSorter ? explainDefaultSorter(error) : error;
  }
}

interface OpenedParts extends ChosenSorter {
  readonly http: Http;
  readonly key: ApiKey;
}

function createContext(
  { input, environment, options, choice, baseUrl }: PreparedRun,
  listener: RunListener,
  { http, key, ...chosen }: OpenedParts,
): RunContext {
  const { trace } = listener;
  const emit = withBaseModelAdvice(listener.emit, options.baseModel);
  const { runtime, cacheDir } = environment;
  const { rootDir, dryRun, forceSpace } = input;
  const signal = AbortSignal.any([environment.signal]);
  // Everything that runs in parallel listens to it.
  setMaxListeners(0, signal);
  const retry = createRetryPolicy(options, runtime, emit);
  const limits = createLimits({ runtime, options, rootDir, signal, emit });
  const client = withKey(
    createClient({
      http,
      baseUrl,
      hasKey: () => key.current !== undefined,
      keyFrom: () => key.from,
      retry,
      trace,
    }),
    key,
    limits,
  );
  const isCached = cacheDir !== undefined && options.cacheMode !== 0;
  return {
    runtime,
    options,
    choice,
    selection: createSelection(options),
    rootDir,
    ask: environment.ask,
    ...chooseTargets(options, chosen),
    dryRun,
    forceSpace,
    signal,
    http,
    client,
    retry,
    cache: isCached ? openIndex(cacheDir, { runtime, signal, willAdd: !dryRun }, listener) : undefined,
    limits,
    seenFiles: new Map(),
    emit,
    trace: trace ?? (() => {}),
  };
}

/** Requests another key when the server refuses a download, or a list of the account, for lack of one. */
function withKey(client: CivitaiClient, key: ApiKey, { failFast }: Limits): CivitaiClient {
  return {
    ...client,
    getDownloadUrl: async (file, signal) => {
      const url = await key.use(() => client.getDownloadUrl(file, signal));
      failFast.recordGranted();
      return url;
    },
    listModels: (...page) => key.use(() => client.listModels(...page)),
    getCollectionItems: (...page) => key.use(() => client.getCollectionItems(...page)),
  };
}

type TargetParts = Pick<
  RunContext,
  'sorter' | 'layout' | 'found' | 'hasOriginalNames' | 'reservedNames' | 'subfolders' | 'sidecars'
>;

/** Chooses where the files of a run go, how they are named, and what is next to them. */
function chooseTargets(options: Options, { sorter, layout, found }: ChosenSorter): TargetParts {
  return {
    sorter,
    layout,
    found,
    hasOriginalNames: hasOriginalNames(options, layout !== undefined),
    reservedNames: new ReservedNames(),
    subfolders: new SubfolderFiles(),
    sidecars: chooseSidecars(options, found, layout),
  };
}

/** The tree of `basic` has nothing for applications by itself, wherever it is. */
function chooseSidecars(
  { sidecars, sorter }: Options,
  found: ChosenSorter['found'],
  layout: ChosenSorter['layout'],
): AppSidecars {
  const app = sorter === 'basic' ? undefined : (layout?.app ?? found?.app);
  return sidecarsFor(app, parseSidecars(sidecars) || undefined);
}

/** Prompts, update checks and the scale of an upscaler depend on Civitai's names. */
function hasOriginalNames({ fileNames }: Options, isApp: boolean): boolean {
  return fileNames === 'original' || (fileNames === 'auto' && isApp);
}

function createRetryPolicy({ retryCount }: Options, { sleep, random }: Runtime, emit: Emit): RetryPolicy {
  const onRetry: RetryPolicy['onRetry'] = (error, waitMs) => emit({ type: 'retrying', error, waitMs });
  return { retries: retryCount, sleep, random, onRetry };
}

function openIndex(
  folder: string,
  { runtime, signal, willAdd }: Pick<RunContext, 'runtime' | 'signal'> & { readonly willAdd: boolean },
  { emit, trace }: RunListener,
): Cache {
  const { lock, now } = runtime;
  const warn = (error: CivitdlError) => emit({ type: 'warned-of-run', error });
  return openCache({ folder, lock, now, signal, willAdd, trace, warn });
}

function toOutcome({ text, origin, error }: InvalidSource): Outcome {
  return { subject: { text, origin }, status: 'failed', error };
}
