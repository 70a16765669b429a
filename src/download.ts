import { carryOut } from './carry-out.js';
import type { Requested } from './civitai/batch-file.js';
import { mergeImages } from './civitai/choose.js';
import type { CivitaiClient } from './civitai/client.js';
import type { ModelVersion } from './civitai/model.js';
import { type Resolved, resolve } from './civitai/resolve.js';
import type { Source } from './civitai/source.js';
import type { Emit, Outcome, Subject } from './events.js';
import type { Http } from './http/http.js';
import type { RetryPolicy } from './http/retry.js';
import type { Options } from './options.js';
import { type Plan, plan } from './plan.js';
import { checkDirectories } from './sorter/directories.js';
import type { Sorter } from './sorter/sorter.js';
import type { Throttle } from './transfer/throttle.js';

export interface DownloadDeps {
  readonly client: CivitaiClient;
  readonly http: Http;
  readonly retry: RetryPolicy;
  readonly sorter: Sorter;
  readonly options: Options;
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
}

/** Images with generation data that a version's own endpoint gives at most. */
const IMAGES_OF_VERSION = 10;

/**
 * Downloads what was asked for, one after another, and goes on after a failure.
 * @returns how each ended, in the given order; only an aborted signal ends the list early
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
    const outcome = await downloadOne(source, subject, seen, deps);
    deps.emit({ type: 'finished', outcome });
    outcomes.push(outcome);
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

/** Never throws: a failure is an outcome like another. */
async function downloadOne(
  source: Source,
  subject: Subject,
  seen: Set<string>,
  deps: DownloadDeps,
): Promise<Outcome> {
  try {
    const resolved = await resolve(source, deps.client, deps.signal, deps.now());
    const { model, version, file, passedOver } = resolved;
    deps.emit({ type: 'resolved', model, version, passedOver });
    const key = `${version.id} ${file.id}`;
    if (seen.has(key)) return { subject, status: 'repeated' };
    const done = await carryOut(await lay(resolved, deps), version.id, deps);
    seen.add(key);
    return { subject, status: 'done', ...done };
  } catch (error) {
    return { subject, status: 'failed', error: deps.signal.aborted ? deps.signal.reason : error };
  }
}

async function lay(resolved: Resolved, deps: DownloadDeps): Promise<Plan> {
  const { model, file } = resolved;
  const { options, rootDir, sorter } = deps;
  const directories = checkDirectories(await sorter(model, resolved.version, file, rootDir), rootDir);
  const version = await withGenerationData(resolved.version, deps);
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
