import { basename } from 'node:path';
import type { Cache } from '../cache/cache.js';
import type { CivitaiClient } from '../civitai/client.js';
import type { BlockPool } from '../disk/block-pool.js';
import { recognizeFile } from '../disk/checksum/verify-file.js';
import { stateOf } from '../disk/fingerprint.js';
import type { Lock } from '../disk/lock.js';
import type { Http } from '../http/client.js';
import type { RetryPolicy } from '../http/retry.js';
import type { Throttle } from '../http/throttle.js';
import type { Options } from '../options.js';
import type { SharedConnections } from '../transfer/shared-connections.js';
import { tidyUp } from '../transfer/target-lock.js';
import { transfer } from '../transfer/transfer.js';
import type { EmitOfItem, FileOutcome } from './events.js';
import { checksumsOf, recall, remember } from './local-copies.js';
import type { ModelFileTask } from './plan.js';
import { takeFromCache } from './reuse-file.js';
import type { Slots } from './semaphore.js';

export interface ModelFileDeps {
  readonly client: CivitaiClient;
  readonly http: Http;
  readonly retry: RetryPolicy;
  /** Keeps other processes from writing the same files. */
  readonly lock: Lock;
  readonly emit: EmitOfItem;
  readonly signal: AbortSignal;
  /** Milliseconds of a clock that only goes forward. */
  readonly clock: () => number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Where files are remembered; undefined where none are to be. */
  readonly cache: Cache | undefined;
  readonly options: Pick<Options, 'strictMode' | 'modelOverwrite'>;
  /** What all transfers of a run share. */
  readonly shared: SharedByTransfers;
  /** Settles when the network may be used for the item; rejects when it may not any more. */
  readonly mayFetch: () => Promise<void>;
  /** Told when it is certain that the file is to be had: it is there, or the server gives it. */
  readonly onOffered: () => void;
  /** Told, perhaps again and again, when so little is left to be fetched that others may begin. */
  readonly onNearlyThere: () => void;
  /** Told how many bytes are still to be fetched. */
  readonly onMissing: (bytes: number) => void;
}

interface SharedByTransfers {
  /** Limits all of them together. */
  readonly throttle: Throttle | undefined;
  /** Most connections to one file. */
  readonly connections: number;
  readonly sharedConnections: SharedConnections;
  /** Limits the files that come at a time: one that has its URL may have to wait until another one is there. */
  readonly slots: Slots;
  readonly blocks: BlockPool;
  /** Whether a file is begun though there seems to be too little room for it. */
  readonly forceSpace: boolean;
}

/**
 * Sees to it that a plan's model file is there.
 * @throws what keeps it from being there
 */
export async function carryOutModelFile(
  task: ModelFileTask | undefined,
  versionId: number,
  deps: ModelFileDeps,
): Promise<FileOutcome> {
  if (!task) return { how: 'left-out', target: '', fetched: 0, verified: undefined };
  const present = await findModelFile(task, deps);
  const outcome = present?.outcome ?? (await obtainModelFile(task, versionId, present !== undefined, deps));
  if (outcome.how === 'present') await tidyUp(task.target, deps);
  deps.emit({ type: 'file-finished', file: outcome });
  return outcome;
}

/** What is under a model file's name already: the server's file, another one without an outcome, or nothing. */
async function findModelFile(
  { file, target }: ModelFileTask,
  { options, signal, cache, now }: ModelFileDeps,
): Promise<{ readonly outcome?: FileOutcome } | undefined> {
  const state = stateOf(target);
  if (!state) return undefined;
  if (options.modelOverwrite) return {};
  const present = { how: 'present', target, fetched: 0 } as const;
  if (options.strictMode === 0) return { outcome: { ...present, verified: undefined } };
  const known = await recall(file, target, state, cache);
  if (known) return { outcome: { ...present, verified: known.verified, checkedAt: known.checkedAt } };
  const verified = await recognizeFile(target, { size: file.size, ...checksumsOf(file) }, signal);
  if (verified === undefined) return {};
  // That the size is right makes no file fit for other places.
  if (verified !== 'size') await remember(file, target, { verified, checkedAt: now() }, cache, state);
  return { outcome: { ...present, verified } };
}

async function obtainModelFile(
  task: ModelFileTask,
  versionId: number,
  isOtherThere: boolean,
  deps: ModelFileDeps,
): Promise<FileOutcome> {
  const cached = deps.options.modelOverwrite ? undefined : await takeFromCache(task, isOtherThere, deps);
  if (cached) return cached;
  const outcome = await fetchModelFile(task, versionId, isOtherThere ? 'replaced' : 'downloaded', deps);
  const { verified } = outcome;
  if (verified) await remember(task.file, task.target, { verified, checkedAt: deps.now() }, deps.cache);
  return outcome;
}

async function fetchModelFile(
  { file, target }: ModelFileTask,
  versionId: number,
  how: 'downloaded' | 'replaced',
  {
    client,
    http,
    retry,
    lock,
    emit,
    signal,
    clock,
    shared,
    mayFetch,
    onOffered,
    onNearlyThere,
    onMissing,
  }: ModelFileDeps,
): Promise<FileOutcome> {
  await mayFetch();
  emit({ type: 'file-started', name: basename(target), size: file.size });
  const address = { versionId, fileId: file.id, name: file.name, downloadUrl: file.downloadUrl };
  let leaveSlot: (() => void) | undefined;
  const transferred = await transfer(
    {
      target,
      key: `civitai file ${file.id}`,
      size: file.size,
      ...checksumsOf(file),
      locate: async (given) => {
        const url = await client.locateFile(address, given);
        onOffered();
        leaveSlot ??= await shared.slots.take();
        return url;
      },
    },
    {
      ...shared,
      http,
      retry,
      lock,
      signal,
      now: clock,
      onNearlyThere,
      onReceived: () => leaveSlot?.(),
      onProgress: (received, total) => {
        if (total !== undefined) onMissing(total - received);
        emit({ type: 'file-progress', received, total });
      },
      onNotice: (notice) => emit({ type: 'file-noticed', notice }),
    },
  ).finally(() => leaveSlot?.());
  const { size, resumed, verified, isOthers } = transferred;
  return { how: isOthers ? 'present' : how, target, fetched: size - resumed, verified };
}
