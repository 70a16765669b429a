import { basename } from 'node:path';
import type { Cache } from '../cache/cache.js';
import type { CachedFile } from '../cache/entry.js';
import type { Lock } from '../disk/lock.js';
import { ContentError } from '../errors.js';
import { copyLocally, type LocalCopyResult } from '../transfer/local-copy.js';
import type { EmitItem, FileOutcome } from './events.js';
import {
  checksumsOf,
  knownFiles,
  type LocalCopy,
  type LocalCopyDeps,
  recordVerified,
  revalidate,
} from './local-copies.js';
import type { ModelFileTask } from './plan.js';

type ReuseDeps = LocalCopyDeps & {
  readonly lock: Lock;
  readonly emit: EmitItem;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number;
  /** Called with lines for `--verbose`. */
  readonly trace?: ((line: string) => void) | undefined;
};

/**
 * Puts a model file in its place from where it is on disk already.
 * @param replaced whether there is a file with other bytes
 * @returns undefined where that can't be done, for whatever reason: then it has to be fetched
 * @throws the signal's reason
 */
export async function reuseLocalFile(
  task: ModelFileTask,
  replaced: boolean,
  deps: ReuseDeps,
): Promise<FileOutcome | undefined> {
  const { cache } = deps;
  if (!cache) return undefined;
  for (const known of await knownFiles(task.file, cache)) {
    const taken = await reuseKnown(known, task, replaced, { ...deps, cache });
    if (taken) return taken;
  }
  return undefined;
}

async function reuseKnown(
  known: CachedFile,
  task: ModelFileTask,
  replaced: boolean,
  deps: ReuseDeps & { readonly cache: Cache },
): Promise<FileOutcome | undefined> {
  // The target would not be looked for if it were what it was.
  if (known.path === task.target) {
    await deps.cache.remove(known, 'is gone or has other bytes now');
    return undefined;
  }
  const source = await revalidate(known, task.file, deps);
  if (!source) return undefined;
  try {
    return await finish(task, source, await copy(task, source, deps), replaced, deps);
  } catch (error) {
    deps.signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    if (error instanceof ContentError) await deps.cache.remove(known, `is not what it was (${why})`);
    else deps.trace?.(`cache: cannot reuse ${known.path}: ${why}`);
    return undefined;
  }
}

function copy({ file, target }: ModelFileTask, source: LocalCopy, deps: ReuseDeps): Promise<LocalCopyResult> {
  const { lock, signal, monotonic, emit } = deps;
  const { size } = source.state;
  const request = { target, fileKey: `civitai file ${file.id}`, size, ...checksumsOf(file) };
  return copyLocally(source, source.verified ?? 'size', request, {
    lock,
    signal,
    monotonic,
    onCopy: () => emit({ type: 'file-started', name: basename(target), size, copied: source.path }),
    onProgress: (received, total) => emit({ type: 'file-progress', received, total }),
    onEvent: (notice) => emit({ type: 'file-noticed', notice }),
  });
}

async function finish(
  { file, target }: ModelFileTask,
  source: LocalCopy,
  taken: LocalCopyResult,
  replaced: boolean,
  { cache, now }: ReuseDeps,
): Promise<FileOutcome> {
  // A link has the bytes that were verified; a copy has been verified itself.
  const isLinked = taken.by === 'reflink' || taken.by === 'hard link';
  const verified = isLinked ? source.verified : taken.verified;
  const checkedAt = isLinked ? source.checkedAt : undefined;
  if (verified) await recordVerified(file, target, { verified, checkedAt: checkedAt ?? now() }, cache);
  const common = { target, fetched: 0, verified, checkedAt };
  if (!taken.by) return { how: 'present', ...common };
  return { how: 'cached', ...common, cached: { path: source.path, by: taken.by, replaced } };
}
