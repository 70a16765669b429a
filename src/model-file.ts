import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { CivitaiClient } from './civitai/client.js';
import type { ModelFile } from './civitai/model.js';
import type { Emit, FileOutcome } from './events.js';
import type { Http } from './http/http.js';
import type { RetryPolicy } from './http/retry.js';
import type { Lock } from './lock.js';
import type { Options } from './options.js';
import type { ModelFileTask } from './plan.js';
import { recognizeFile } from './transfer/check-file.js';
import type { Verification } from './transfer/checksum.js';
import { removeLeftovers } from './transfer/part-file.js';
import type { Throttle } from './transfer/throttle.js';
import { transfer } from './transfer/transfer.js';

export interface ModelFileDeps {
  readonly client: CivitaiClient;
  readonly http: Http;
  readonly retry: RetryPolicy;
  /** Keeps other processes from writing the same files. */
  readonly lock: Lock;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Milliseconds of a clock that only goes forward. */
  readonly clock: () => number;
  /** Limits all model files together. */
  readonly throttle: Throttle | undefined;
  readonly options: Pick<Options, 'strictMode' | 'modelOverwrite' | 'connections'>;
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
  const outcome = present?.isServers
    ? ({ how: 'present', target: task.target, fetched: 0, verified: present.verified } as const)
    : await fetchModelFile(task, versionId, present ? 'replaced' : 'downloaded', deps);
  if (outcome.how === 'present') await removeLeftovers(task.target);
  deps.emit({ type: 'file-finished', file: outcome });
  return outcome;
}

/** What is under a model file's name already: the server's file, another one, or nothing. */
async function findModelFile(
  { file, target }: ModelFileTask,
  { options, signal }: ModelFileDeps,
): Promise<{ readonly isServers: boolean; readonly verified?: Verification } | undefined> {
  const stats = await stat(target).catch(() => undefined);
  if (!stats?.isFile()) return undefined;
  if (options.modelOverwrite) return { isServers: false };
  if (options.strictMode === 0) return { isServers: true };
  const verified = await recognizeFile(target, { size: file.size, ...checksumsOf(file) }, signal);
  return verified === undefined ? { isServers: false } : { isServers: true, verified };
}

async function fetchModelFile(
  { file, target }: ModelFileTask,
  versionId: number,
  how: 'downloaded' | 'replaced',
  { client, http, retry, lock, emit, signal, clock, throttle, options }: ModelFileDeps,
): Promise<FileOutcome> {
  emit({ type: 'file-started', name: basename(target), size: file.size });
  const address = { versionId, fileId: file.id, name: file.name, downloadUrl: file.downloadUrl };
  const transferred = await transfer(
    {
      target,
      key: `civitai file ${file.id}`,
      size: file.size,
      ...checksumsOf(file),
      locate: (given) => client.locateFile(address, given),
    },
    {
      http,
      retry,
      lock,
      signal,
      connections: options.connections,
      throttle,
      now: clock,
      onProgress: (received, total) => emit({ type: 'file-progress', received, total }),
      onNotice: (notice) => emit({ type: 'file-noticed', notice }),
    },
  );
  const { size, resumed, verified, isOthers } = transferred;
  return { how: isOthers ? 'present' : how, target, fetched: size - resumed, verified };
}

function checksumsOf(file: ModelFile): {
  readonly sha256: string | undefined;
  readonly crc32: string | undefined;
} {
  return { sha256: file.hashes.get('SHA256'), crc32: file.hashes.get('CRC32') };
}
