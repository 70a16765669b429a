import type { Cache } from '../cache/cache.js';
import { unavailableReason } from '../civitai/availability.js';
import type { CivitaiClient } from '../civitai/client.js';
import { mergeImages } from '../civitai/images.js';
import type { Model, ModelFile, ModelVersion } from '../civitai/model.js';
import { type Resolved, resolve } from '../civitai/resolve.js';
import type { FileChoice } from '../civitai/select-files.js';
import { statIfExists } from '../disk/files.js';
import { fingerprint, sameFingerprint } from '../disk/fingerprint.js';
import { PART, sidecarPath } from '../disk/paths.js';
import type { Options } from '../options.js';
import { confineToRoot } from '../sorter/directories.js';
import type { Directories, Sorter } from '../sorter/sorter.js';
import type { FileOrigin, Planned, SourceText } from './events.js';
import { findVerified, hasExpectedHash, knownFiles, type LocalCopyDeps } from './local-copies.js';
import { type ModelFileTask, type Plan, plan } from './plan.js';
import type { SourceRequest } from './sources.js';

export interface PrepareDeps {
  readonly client: CivitaiClient;
  readonly sorter: Sorter;
  readonly options: Options;
  /** Which files of each version. */
  readonly choice: FileChoice;
  /** Absolute path. */
  readonly rootDir: string;
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Where files are remembered; undefined where none are to be. */
  readonly cache: Cache | undefined;
}

/** One of the files of an item, or why there is no plan for it. */
export type PreparedFile = {
  readonly model: Model;
  readonly version: ModelVersion;
  readonly file: ModelFile;
} & ({ readonly directories: Directories; readonly planned: Planned } | { readonly error: unknown });

/** All that is known of an item before anything is done for it. */
export interface Prepared {
  readonly subject: SourceText;
  readonly resolved: Resolved;
  readonly files: readonly PreparedFile[];
  /** What is missing, but fails nothing. */
  readonly warnings: readonly unknown[];
}

/** Images with generation data that a version's own endpoint gives at most. */
const IMAGES_OF_VERSION = 10;

/**
 * Asks the API what an item means, and lays out what will be put on disk for it. Changes nothing.
 * @throws what the API or the signal says; what is wrong with one file is told there
 */
export async function prepareItem(
  { source, text, origin }: SourceRequest,
  deps: PrepareDeps,
): Promise<Prepared> {
  const { client, signal, choice, now } = deps;
  const resolved = await resolve(source, { client, signal, choice, now: now() });
  const warnings: unknown[] = [];
  const { model } = resolved;
  const version = await withGenerationData(resolved.version, deps, (error) => warnings.push(error));
  const files = await Promise.all(
    resolved.files.map(async (file): Promise<PreparedFile> => {
      const pick = { model, version, file };
      try {
        return { ...pick, ...(await planFile({ model, version: resolved.version, file }, version, deps)) };
      } catch (error) {
        return { ...pick, error };
      }
    }),
  );
  return { subject: { text, origin }, resolved, files, warnings };
}

/**
 * The plan for a file whose folders are known.
 * @param withImages whether it is the one of its version that the images and prompts go with
 */
export function planOf(
  { model, version, file }: Pick<PreparedFile, 'model' | 'version' | 'file'>,
  directories: Directories,
  withImages: boolean,
  options: Options,
): Plan {
  return plan({
    model,
    version,
    file,
    directories,
    options: withImages ? options : { ...options, maxImages: 0 },
  });
}

async function planFile(
  { model, version: known, file }: Pick<PreparedFile, 'model' | 'version' | 'file'>,
  version: ModelVersion,
  deps: PrepareDeps,
): Promise<{ readonly directories: Directories; readonly planned: Planned }> {
  const { sorter, rootDir, options, now } = deps;
  const directories = confineToRoot(await sorter(model, known, file, rootDir), rootDir);
  const laid = planOf({ model, version, file }, directories, true, options);
  const from = await predictOrigin(laid.modelFile, deps);
  const missing = from === 'network' && laid.modelFile ? missingBytes(laid.modelFile.target, file) : 0;
  return {
    directories,
    planned: { plan: laid, from, missing, obstacle: unavailableReason(model, version, now()) },
  };
}

/** Bytes of a file that an earlier run has not left in its part file. */
function missingBytes(target: string, { size = 0 }: ModelFile): number {
  const part = statIfExists(sidecarPath(target, PART));
  // Its length says nothing where connections write in several places, but what it takes on disk does.
  return Math.max(0, size - Math.min(part?.size ?? 0, (part?.blocks ?? 0) * 512));
}

/** The images' own route has the generation data of those that the version's leaves out. */
async function withGenerationData(
  version: ModelVersion,
  { client, options, signal }: PrepareDeps,
  warn: (error: unknown) => void,
): Promise<ModelVersion> {
  const wanted = Math.min(options.maxImages, version.images.length);
  if (wanted <= IMAGES_OF_VERSION || !options.withPrompt) return version;
  try {
    return { ...version, images: mergeImages(version.images, await client.getImages(version.id, signal)) };
  } catch (error) {
    signal.throwIfAborted();
    warn(error);
    return version;
  }
}

/** Where a model file would come from, as far as that can be told without reading any. */
async function predictOrigin(
  task: ModelFileTask | undefined,
  { cache, options }: LocalCopyDeps & { readonly options: Pick<Options, 'strictMode' | 'modelOverwrite'> },
): Promise<FileOrigin | undefined> {
  if (!task) return undefined;
  const { file, target } = task;
  if (options.modelOverwrite) return 'network';
  const state = fingerprint(target);
  if (state) {
    if (options.strictMode === 0 || (await findVerified(file, target, state, cache))) return 'present';
    if (file.size === undefined || file.size === state.size) return 'unchecked';
  }
  for (const known of cache ? await knownFiles(file, cache) : []) {
    const there = fingerprint(known.path);
    const isTrusted = options.strictMode === 0 && there?.size === known.size;
    if (isTrusted || (hasExpectedHash(known, file) && sameFingerprint(known, there))) return 'cache';
  }
  return 'network';
}
