import { isSameState, stateOf } from '../disk/fingerprint.js';
import type { Options } from '../options.js';
import type { Foreseen } from './events.js';
import { isAnswered, type KnownFileDeps, knownFiles, recall } from './local-copies.js';
import type { ModelFileTask } from './plan.js';

/** Where a model file would come from, as far as that can be told without reading any. */
export async function foresee(
  task: ModelFileTask | undefined,
  { cache, options }: KnownFileDeps & { readonly options: Pick<Options, 'strictMode' | 'modelOverwrite'> },
): Promise<Foreseen | undefined> {
  if (!task) return undefined;
  const { file, target } = task;
  if (options.modelOverwrite) return 'network';
  const state = stateOf(target);
  if (state) {
    if (options.strictMode === 0 || (await recall(file, target, state, cache))) return 'present';
    if (file.size === undefined || file.size === state.size) return 'unchecked';
  }
  for (const known of cache ? await knownFiles(file, cache) : []) {
    const there = stateOf(known.path);
    const isTrusted = options.strictMode === 0 && there?.size === known.size;
    if (isTrusted || (isAnswered(known, file) && isSameState(known, there))) return 'cache';
  }
  return 'network';
}
