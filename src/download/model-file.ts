import { basename, dirname } from 'node:path';
import { hasProof } from '../disk/checksum/checksum.js';
import { matchesFile } from '../disk/checksum/verify-file.js';
import { missingDirs, removeEmptyDirs } from '../disk/files.js';
import { fingerprint } from '../disk/fingerprint.js';
import { FileSystemError } from '../errors.js';
import type { TransferOptions, Transferred } from '../transfer/request.js';
import { removeStaleFiles } from '../transfer/target-lock.js';
import { transfer } from '../transfer/transfer.js';
import type { ItemHooks, RunContext } from './context.js';
import type { FileOutcome } from './events.js';
import { checksumsOf, findVerified, mayHaveSize, recordVerified, transferTarget } from './local-copies.js';
import type { ModelFileTask } from './plan.js';
import { reuseLocalFile } from './reuse-file.js';

export interface ModelFileHooks extends ItemHooks {
  /** Called when the server has granted a URL: the account has access to the file. */
  readonly urlGranted: () => void;
}

/** Puts the model file of a plan on disk, unless it exists. */
export async function ensureModelFile(
  task: ModelFileTask | undefined,
  hooks: ModelFileHooks,
  run: RunContext,
): Promise<FileOutcome> {
  if (!task) return { how: 'left-out', target: '', fetched: 0, verified: undefined };
  const existing = await findExisting(task, run);
  const outcome = existing?.outcome ?? (await reuseOrFetch(task, existing !== undefined, hooks, run));
  if (outcome.how === 'present')
    await removeStaleFiles(task.target, { lock: run.runtime.lock, signal: run.signal });
  hooks.emit({ type: 'file-finished', file: outcome });
  return outcome;
}

/** Returns undefined if no file exists, and no outcome if the file is not the server's. */
export async function findExisting(
  task: ModelFileTask,
  { options, signal, cache, runtime }: RunContext,
): Promise<{ readonly outcome?: FileOutcome } | undefined> {
  const { file, target, mustBeFree, modelId, versionId } = task;
  const state = fingerprint(target);
  // A transfer finds out whether it is another file that was created meanwhile.
  if (!state || mustBeFree) return undefined;
  if (options.modelOverwrite) return {};
  const present = { how: 'present', target, fetched: 0 } as const;
  if (options.strictMode === 0) return { outcome: { ...present, verified: undefined } };
  const known = await findVerified(file, target, state, cache);
  if (known) return { outcome: { ...present, verified: known.verified, checkedAt: known.checkedAt } };
  const matching = await matchesFile(target, transferTarget(task, file.size), signal).catch((error) => {
    // A program holds the file. Of a far different size, it is another file, and may be free when the new one is there.
    if (error instanceof FileSystemError && error.code === 'busy' && !mayHaveSize(state.size, file)) return;
    throw error;
  });
  if (!matching) return {};
  const { verified } = matching;
  // The size alone is too little to reuse a file elsewhere.
  if (verified !== undefined && verified !== 'size')
    await recordVerified(
      file,
      target,
      { verified, checkedAt: runtime.now(), modelId, versionId },
      cache,
      state,
    );
  return { outcome: { ...present, verified } };
}

async function reuseOrFetch(
  task: ModelFileTask,
  replaces: boolean,
  hooks: ModelFileHooks,
  run: RunContext,
): Promise<FileOutcome> {
  const reused = run.options.modelOverwrite ? undefined : await reuseLocalFile(task, replaces, hooks, run);
  if (reused) return reused;
  const { size, resumed, verified, byOtherProcess } = await fetchModelFile(task, hooks, run);
  const { modelId, versionId } = task;
  if (verified) {
    const checked = { verified, checkedAt: run.runtime.now(), modelId, versionId };
    await recordVerified(task.file, task.target, checked, run.cache);
  }
  const how = replaces ? 'replaced' : 'downloaded';
  return {
    how: byOtherProcess ? 'present' : how,
    target: task.target,
    fetched: size - resumed,
    verified,
  };
}

async function fetchModelFile(
  task: ModelFileTask,
  hooks: ModelFileHooks,
  run: RunContext,
): Promise<Transferred> {
  const { versionId, file, target } = task;
  const { id: fileId, name, downloadUrl } = file;
  const isVerifiable = hasProof(checksumsOf(file));
  const address = { versionId, fileId, name, downloadUrl, isVerifiable };
  await hooks.waitForSlot();
  hooks.emit({ type: 'file-started', name: basename(target), size: file.size || undefined });
  let release: (() => void) | undefined;
  // A transfer may ask for several URLs, and keeps its place from the first one to the last byte.
  const fetchUrl = async (signal: AbortSignal) => {
    const url = await run.client.getDownloadUrl(address, signal);
    hooks.urlGranted();
    release ??= await run.limits.transfers.acquire();
    return url;
  };
  const onReceived = () => release?.();
  const newDirs = missingDirs(dirname(target));
  try {
    return await transfer(
      { ...transferTarget(task, file.size), fetchUrl },
      { ...transferOptions(hooks, run), onReceived },
    );
  } catch (error) {
    // A folder without a file would look like a model.
    removeEmptyDirs(newDirs);
    throw error;
  } finally {
    onReceived();
  }
}

function transferOptions(hooks: ItemHooks, run: RunContext): TransferOptions {
  const { http, retry, signal, limits, options, forceSpace } = run;
  return {
    http,
    retry,
    lock: run.runtime.lock,
    monotonic: run.runtime.monotonic,
    signal,
    forceSpace,
    throttle: limits.throttle,
    maxConnections: options.connections,
    idleTimeoutMs: run.runtime.networkTimeouts.idleMs,
    connectionBudget: limits.connectionBudget,
    buffers: limits.transferBuffers,
    almostDone: hooks.almostDone,
    beforeCommit: hooks.beforeCommit,
    onProgress: (received, total) => {
      if (total !== undefined) hooks.remaining(Math.max(0, total - received));
      hooks.emit({ type: 'file-progress', received, total });
    },
    onEvent: (notice) => hooks.emit({ type: 'file-noticed', notice }),
  };
}
