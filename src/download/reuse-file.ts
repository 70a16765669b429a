import { basename } from 'node:path';
import type { CachedFile } from '../cache/entry.js';
import { ContentError } from '../errors.js';
import { copyLocally, type LocalCopyResult } from '../transfer/local-copy.js';
import type { ItemHooks, RunContext } from './context.js';
import type { FileOutcome } from './events.js';
import { knownFiles, type LocalCopy, recordVerified, revalidate, transferTarget } from './local-copies.js';
import type { ModelFileTask } from './plan.js';

/**
 * Links or copies a model file from another path on disk.
 * @param replaces whether a file with other bytes has the target's name
 * @returns undefined if the file has to be fetched
 */
export async function reuseLocalFile(
  task: ModelFileTask,
  replaces: boolean,
  hooks: ItemHooks,
  run: RunContext,
): Promise<FileOutcome | undefined> {
  for (const known of run.cache ? await knownFiles(task.file, run.cache) : []) {
    const outcome = await reuseKnown(known, task, replaces, hooks, run);
    if (outcome) return outcome;
  }
  return undefined;
}

async function reuseKnown(
  known: CachedFile,
  task: ModelFileTask,
  replaces: boolean,
  hooks: ItemHooks,
  run: RunContext,
): Promise<FileOutcome | undefined> {
  // The target itself was checked before, and is not the file that the index knows.
  if (known.path === task.target) {
    await run.cache?.remove(known, 'is gone or has other bytes now');
    return undefined;
  }
  const source = await revalidate(known, task.file, run);
  if (!source) return undefined;
  try {
    return await recordReuse(task, source, await copy(task, source, hooks, run), replaces, run);
  } catch (error) {
    run.signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    if (error instanceof ContentError) await run.cache?.remove(known, `is not what it was (${why})`);
    else run.trace(`cache: cannot use ${known.path}: ${why}`);
    return undefined;
  }
}

function copy(
  task: ModelFileTask,
  source: LocalCopy,
  { emit, beforeCommit }: ItemHooks,
  { runtime, signal }: RunContext,
): Promise<LocalCopyResult> {
  const name = basename(task.target);
  const { size } = source.state;
  return copyLocally(source, source.verified ?? 'size', transferTarget(task, size), {
    lock: runtime.lock,
    monotonic: runtime.monotonic,
    signal,
    beforeCommit,
    onCopy: () => emit({ type: 'file-started', name, size, copied: source.path }),
    onProgress: (received, total) => emit({ type: 'file-progress', received, total }),
    onEvent: (notice) => emit({ type: 'file-noticed', notice }),
  });
}

async function recordReuse(
  { file, target, modelId, versionId }: ModelFileTask,
  source: LocalCopy,
  { by, verified: copied }: LocalCopyResult,
  replaced: boolean,
  { cache, runtime }: RunContext,
): Promise<FileOutcome> {
  // A link has the bytes that were verified before; a copy has been verified itself.
  const isLink = by !== undefined && by !== 'copy';
  const { verified, checkedAt } = isLink ? source : { verified: copied, checkedAt: undefined };
  if (verified)
    await recordVerified(
      file,
      target,
      { verified, checkedAt: checkedAt ?? runtime.now(), modelId, versionId },
      cache,
    );
  const outcome = { target, fetched: 0, verified, checkedAt };
  if (!by) return { how: 'present', ...outcome };
  return { how: 'cached', ...outcome, cached: { path: source.path, by, replaced } };
}
