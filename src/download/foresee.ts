import { fingerprint, sameFingerprint } from '../disk/fingerprint.js';
import type { Options } from '../options.js';
import type { FileOrigin } from './events.js';
import { findVerified, hasExpectedHash, knownFiles, type LocalCopyDeps } from './local-copies.js';
import type { ModelFileTask } from './plan.js';

/** Where a model file would come from, as far as that can be told without reading any. */
export async function predictOrigin(
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
