import { carryOut } from './carry-out.js';
import type { Requested } from './civitai/batch-file.js';
import { type FileChoice, mergeImages } from './civitai/choose.js';
import type { CivitaiClient } from './civitai/client.js';
import type { Model, ModelFile, ModelVersion } from './civitai/model.js';
import { resolve } from './civitai/resolve.js';
import type { Source } from './civitai/source.js';
import type { Emit, Outcome, Subject } from './events.js';
import type { Http } from './http/http.js';
import type { RetryPolicy } from './http/retry.js';
import type { Lock } from './lock.js';
import type { Options } from './options.js';
import { type Plan, plan } from './plan.js';
import { checkDirectories } from './sorter/directories.js';
import type { Sorter } from './sorter/sorter.js';
import type { Cache } from './store/cache.js';
import { foresee } from './take-from-cache.js';
import type { Throttle } from './transfer/throttle.js';

export interface DownloadDeps {
  readonly client: CivitaiClient;
  readonly http: Http;
  readonly retry: RetryPolicy;
  /** Keeps other processes from writing the same files. */
  readonly lock: Lock;
  readonly sorter: Sorter;
  readonly options: Options;
  /** Which files of each version. */
  readonly choice: FileChoice;
  /** Whether to plan only, and touch neither disk nor storage. */
  readonly dryRun: boolean;
  /** Absolute path. */
  readonly rootDir: string;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Waits that many milliseconds, or rejects with the signal's reason. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds of a clock that only goes forward. */
  readonly clock: () => number;
  /** Limits all model files together. */
  readonly throttle: Throttle | undefined;
  /** Where files are remembered; undefined where none are to be. */
  readonly cache: Cache | undefined;
}

/** Images with generation data that a version's own endpoint gives at most. */
const IMAGES_OF_VERSION = 10;

/**
 * Downloads what was asked for, one after another, and goes on after a failure.
 * @returns how each file ended, in the given order; only an aborted signal ends the list early
 */
export async function download(
  requested: readonly Requested[],
  deps: DownloadDeps,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const seen = new Set<string>();
  for (const [index, { source, text, origin }] of requested.entries()) {
    await pauseAfter(outcomes.at(-1), deps);
    if (deps.signal.aborted) break;
    const subject: Subject = { text, origin };
    deps.emit({ type: 'started', subject, number: index + 1, of: requested.length });
    for await (const outcome of downloadOne(source, subject, seen, deps)) {
      deps.emit({ type: 'finished', outcome });
      outcomes.push(outcome);
    }
  }
  return outcomes;
}

/** Rests between two downloads, for the server's sake; what transferred nothing needs no rest. */
async function pauseAfter(
  previous: Outcome | undefined,
  { options, emit, sleep, signal }: DownloadDeps,
): Promise<void> {
  const transferred = previous?.status === 'done' && previous.file.fetched + previous.images.fetched > 0;
  if (!transferred || options.pauseTime === 0) return;
  emit({ type: 'pausing', seconds: options.pauseTime });
  // It rejects when the signal aborts, which the caller looks at anyway.
  await sleep(options.pauseTime * 1_000, signal).catch(() => {});
}

/** The files of one source. Never throws: a failure is an outcome like another. */
async function* downloadOne(
  source: Source,
  subject: Subject,
  seen: Set<string>,
  deps: DownloadDeps,
): AsyncGenerator<Outcome> {
  const { client, signal, choice, emit, now } = deps;
  const resolved = await attempt(subject, signal, () =>
    resolve(source, { client, signal, choice, now: now() }),
  );
  if ('status' in resolved) {
    yield resolved;
    return;
  }
  const { model, version, files, passedOver } = resolved;
  emit({ type: 'resolved', model, version, passedOver });
  let previous: Outcome | undefined;
  // Images and prompts are those of the version: once is enough.
  let withImages = true;
  for (const file of files) {
    await pauseAfter(previous, deps);
    if (signal.aborted) return;
    const pick = { model, version, file };
    const outcome = await attempt(subject, signal, () => downloadFile(pick, subject, withImages, seen, deps));
    withImages &&= outcome.status === 'failed';
    previous = outcome;
    yield outcome;
  }
}

/** One file of a version. */
interface Pick {
  readonly model: Model;
  readonly version: ModelVersion;
  readonly file: ModelFile;
}

async function downloadFile(
  pick: Pick,
  subject: Subject,
  withImages: boolean,
  seen: Set<string>,
  deps: DownloadDeps,
): Promise<Outcome> {
  const key = `${pick.version.id} ${pick.file.id}`;
  if (seen.has(key)) return { subject, status: 'repeated' };
  const laid = await lay(pick, withImages, deps);
  if (deps.dryRun) {
    deps.emit({ type: 'planned', plan: laid, from: await foresee(laid.modelFile, deps) });
    seen.add(key);
    return { subject, status: 'planned' };
  }
  const done = await carryOut(laid, pick.version.id, deps);
  seen.add(key);
  return { subject, status: 'done', ...done };
}

async function attempt<T>(
  subject: Subject,
  signal: AbortSignal,
  action: () => Promise<T>,
): Promise<T | Extract<Outcome, { status: 'failed' }>> {
  try {
    return await action();
  } catch (error) {
    return { subject, status: 'failed', error: signal.aborted ? signal.reason : error };
  }
}

async function lay(
  { model, version: known, file }: Pick,
  withImages: boolean,
  deps: DownloadDeps,
): Promise<Plan> {
  const { rootDir, sorter } = deps;
  const options = withImages ? deps.options : { ...deps.options, maxImages: 0 };
  const directories = checkDirectories(await sorter(model, known, file, rootDir), rootDir);
  const version = await withGenerationData(known, { ...deps, options });
  return plan({ model, version, file, directories, options });
}

/** The images' own route has the generation data of those that the version's leaves out. */
async function withGenerationData(
  version: ModelVersion,
  { client, options, emit, signal }: DownloadDeps,
): Promise<ModelVersion> {
  const wanted = Math.min(options.maxImages, version.images.length);
  if (wanted <= IMAGES_OF_VERSION || !options.withPrompt) return version;
  try {
    return { ...version, images: mergeImages(version.images, await client.getImages(version.id, signal)) };
  } catch (error) {
    signal.throwIfAborted();
    emit({ type: 'warned', error });
    return version;
  }
}
