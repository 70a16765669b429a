import { basename } from 'node:path';
import type { Cache } from '../cache/cache.js';
import type { CachedFile } from '../cache/entry.js';
import type { Lock } from '../disk/lock.js';
import { ContentError } from '../errors.js';
import { type Taken, takeFile } from '../transfer/local-copy.js';
import type { EmitOfItem, FileOutcome } from './events.js';
import {
  checksumsOf,
  examine,
  type KnownFileDeps,
  knownFiles,
  remember,
  type Source,
} from './local-copies.js';
import type { ModelFileTask } from './plan.js';

type TakeDeps = KnownFileDeps & {
  readonly lock: Lock;
  readonly emit: EmitOfItem;
  /** Milliseconds of a clock that only goes forward. */
  readonly clock: () => number;
};

/**
 * Puts a model file in its place from where it is on disk already.
 * @param replaced whether there is a file with other bytes
 * @returns undefined where that can't be done, for whatever reason: then it has to be fetched
 * @throws the signal's reason
 */
export async function takeFromCache(
  task: ModelFileTask,
  replaced: boolean,
  deps: TakeDeps,
): Promise<FileOutcome | undefined> {
  const { cache } = deps;
  if (!cache) return undefined;
  for (const known of await knownFiles(task.file, cache)) {
    const taken = await takeKnown(known, task, replaced, { ...deps, cache });
    if (taken) return taken;
  }
  return undefined;
}

async function takeKnown(
  known: CachedFile,
  task: ModelFileTask,
  replaced: boolean,
  deps: TakeDeps & { readonly cache: Cache },
): Promise<FileOutcome | undefined> {
  // The target would not be looked for if it were what it was.
  if (known.path === task.target) {
    await deps.cache.drop(known, 'is gone or has other bytes now');
    return undefined;
  }
  const source = await examine(known, task.file, deps);
  if (!source) return undefined;
  try {
    return await finish(task, source, await take(task, source, deps), replaced, deps);
  } catch (error) {
    deps.signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    if (error instanceof ContentError) await deps.cache.drop(known, `is not what it was (${why})`);
    else deps.cache.trace(`cache: can't take ${known.path}: ${why}`);
    return undefined;
  }
}

function take({ file, target }: ModelFileTask, source: Source, deps: TakeDeps): Promise<Taken> {
  const { lock, signal, clock, emit } = deps;
  const { size } = source.state;
  const request = { target, key: `civitai file ${file.id}`, size, ...checksumsOf(file) };
  return takeFile(source, source.verified ?? 'size', request, {
    lock,
    signal,
    now: clock,
    onCopy: () => emit({ type: 'file-started', name: basename(target), size, copied: source.path }),
    onProgress: (received, total) => emit({ type: 'file-progress', received, total }),
    onNotice: (notice) => emit({ type: 'file-noticed', notice }),
  });
}

async function finish(
  { file, target }: ModelFileTask,
  source: Source,
  taken: Taken,
  replaced: boolean,
  { cache, now }: TakeDeps,
): Promise<FileOutcome> {
  // A link has the bytes that were verified; a copy has been verified itself.
  const isLinked = taken.by === 'reflink' || taken.by === 'hard link';
  const verified = isLinked ? source.verified : taken.verified;
  const checkedAt = isLinked ? source.checkedAt : undefined;
  if (verified) await remember(file, target, { verified, checkedAt: checkedAt ?? now() }, cache);
  const common = { target, fetched: 0, verified, checkedAt };
  if (!taken.by) return { how: 'present', ...common };
  return { how: 'cached', ...common, cached: { path: source.path, by: taken.by, replaced } };
}
