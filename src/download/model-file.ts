import { basename } from 'node:path';
import type { Cache } from '../cache/cache.js';
import type { CivitaiClient } from '../civitai/client.js';
import { matchesFile } from '../disk/checksum/verify-file.js';
import { fingerprint } from '../disk/fingerprint.js';
import type { Lock } from '../disk/lock.js';
import type { BufferPool } from '../disk/write-buffer.js';
import type { Http } from '../http/client.js';
import type { Throttle } from '../http/rate-limiter.js';
import type { RetryPolicy } from '../http/retry.js';
import type { Options } from '../options.js';
import type { ConnectionBudget } from '../transfer/connections.js';
import { removeStaleFiles } from '../transfer/target-lock.js';
import { transfer } from '../transfer/transfer.js';
import type { EmitItem, FileOutcome } from './events.js';
import { checksumsOf, findVerified, recordVerified } from './local-copies.js';
import type { ModelFileTask } from './plan.js';
import { reuseLocalFile } from './reuse-file.js';
import type { Semaphore } from './semaphore.js';

export interface ModelFileDeps {
  readonly client: CivitaiClient;
  readonly http: Http;
  readonly retry: RetryPolicy;
  /** Keeps other processes from writing the same files. */
  readonly lock: Lock;
  readonly emit: EmitItem;
  readonly signal: AbortSignal;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Where files are remembered; undefined where none are to be. */
  readonly cache: Cache | undefined;
  /** Called with lines for `--verbose`. */
  readonly trace?: ((line: string) => void) | undefined;
  readonly options: Pick<Options, 'strictMode' | 'modelOverwrite'>;
  /** What all transfers of a run share. */
  readonly shared: SharedByTransfers;
  /** Settles when the network may be used for the item; rejects when it may not any more. */
  readonly waitForSlot: () => Promise<void>;
  /** Told when it is certain that the file is to be had: it is there, or the server gives it. */
  readonly urlGranted: () => void;
  /** Told, perhaps again and again, when so little is left to be fetched that others may begin. */
  readonly almostDone: () => void;
  /** Told how many bytes are still to be fetched. */
  readonly remaining: (bytes: number) => void;
}

interface SharedByTransfers {
  /** Limits all of them together. */
  readonly throttle: Throttle | undefined;
  /** Most connections to one file. */
  readonly maxConnections: number;
  readonly connectionBudget: ConnectionBudget;
  /** Limits the files that come at a time: one that has its URL may have to wait until another one is there. */
  readonly slots: Semaphore;
  readonly blocks: BufferPool;
  /** Whether a file is begun though there seems to be too little room for it. */
  readonly forceSpace: boolean;
}

/**
 * Sees to it that a plan's model file is there.
 * @throws what keeps it from being there
 */
export async function ensureModelFile(
  task: ModelFileTask | undefined,
  versionId: number,
  deps: ModelFileDeps,
): Promise<FileOutcome> {
  if (!task) return { how: 'left-out', target: '', fetched: 0, verified: undefined };
  const present = await findModelFile(task, deps);
  const outcome = present?.outcome ?? (await reuseOrFetch(task, versionId, present !== undefined, deps));
  if (outcome.how === 'present') await removeStaleFiles(task.target, deps);
  deps.emit({ type: 'file-finished', file: outcome });
  return outcome;
}

/** What is under a model file's name already: the server's file, another one without an outcome, or nothing. */
async function findModelFile(
  { file, target }: ModelFileTask,
  { options, signal, cache, now }: ModelFileDeps,
): Promise<{ readonly outcome?: FileOutcome } | undefined> {
  const state = fingerprint(target);
  if (!state) return undefined;
  if (options.modelOverwrite) return {};
  const present = { how: 'present', target, fetched: 0 } as const;
  if (options.strictMode === 0) return { outcome: { ...present, verified: undefined } };
  const known = await findVerified(file, target, state, cache);
  if (known) return { outcome: { ...present, verified: known.verified, checkedAt: known.checkedAt } };
  const verified = await matchesFile(target, { size: file.size, ...checksumsOf(file) }, signal);
  if (verified === undefined) return {};
  // That the size is right makes no file fit for other places.
  if (verified !== 'size') await recordVerified(file, target, { verified, checkedAt: now() }, cache, state);
  return { outcome: { ...present, verified } };
}

async function reuseOrFetch(
  task: ModelFileTask,
  versionId: number,
  isOtherThere: boolean,
  deps: ModelFileDeps,
): Promise<FileOutcome> {
  const cached = deps.options.modelOverwrite ? undefined : await reuseLocalFile(task, isOtherThere, deps);
  if (cached) return cached;
  const outcome = await fetchModelFile(task, versionId, isOtherThere ? 'replaced' : 'downloaded', deps);
  const { verified } = outcome;
  if (verified) await recordVerified(task.file, task.target, { verified, checkedAt: deps.now() }, deps.cache);
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
    monotonic,
    shared,
    waitForSlot,
    urlGranted,
    almostDone,
    remaining,
  }: ModelFileDeps,
): Promise<FileOutcome> {
  await waitForSlot();
  emit({ type: 'file-started', name: basename(target), size: file.size });
  const address = { versionId, fileId: file.id, name: file.name, downloadUrl: file.downloadUrl };
  let leaveSlot: (() => void) | undefined;
  const transferred = await transfer(
    {
      target,
      fileKey: `civitai file ${file.id}`,
      size: file.size,
      ...checksumsOf(file),
      fetchUrl: async (given) => {
        const url = await client.getDownloadUrl(address, given);
        urlGranted();
        leaveSlot ??= await shared.slots.acquire();
        return url;
      },
    },
    {
      ...shared,
      http,
      retry,
      lock,
      signal,
      monotonic,
      almostDone,
      onReceived: () => leaveSlot?.(),
      onProgress: (received, total) => {
        if (total !== undefined) remaining(total - received);
        emit({ type: 'file-progress', received, total });
      },
      onEvent: (notice) => emit({ type: 'file-noticed', notice }),
    },
  ).finally(() => leaveSlot?.());
  const { size, resumed, verified, byOtherProcess } = transferred;
  return { how: byOtherProcess ? 'present' : how, target, fetched: size - resumed, verified };
}
