import { Worker } from 'node:worker_threads';
import { toFileSystemError } from '../errors.js';
import type { HashFailure, HashResult, HashTask } from './hash-files.worker.js';

export interface HashFilesOptions {
  readonly threads: number;
  readonly signal: AbortSignal;
  /** Called several times a second, with the bytes of all files read. */
  readonly onBytes: (bytesRead: number) => void;
  /** Called after each file, with its SHA256 in upper case. A thread waits for the promise before its next call. */
  readonly onHashed: (path: string, result: HashedFile) => Promise<void>;
}

export type HashedFile = { readonly sha256: string } | { readonly error: unknown };

const PROGRESS_INTERVAL_MS = 100;

/** Computes the SHA256 of files in parallel. @throws what `onHashed` throws */
export async function hashFiles(paths: readonly string[], options: HashFilesOptions): Promise<void> {
  const { threads, signal, onBytes } = options;
  signal.throwIfAborted();
  const bytesRead = new BigInt64Array(new SharedArrayBuffer(8));
  const reportProgress = () => onBytes(Number(Atomics.load(bytesRead, 0)));
  const timer = setInterval(reportProgress, PROGRESS_INTERVAL_MS);
  const queue = paths.values();
  const workers = Array.from({ length: Math.min(threads, paths.length) }, () => startWorker({ bytesRead }));
  try {
    await Promise.all(workers.map((worker) => hashQueue(queue, worker, options)));
    reportProgress();
  } finally {
    clearInterval(timer);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** Reads the next file while the result of the previous one is handled. */
async function hashQueue(
  queue: Iterable<string>,
  worker: Worker,
  { signal, onHashed }: HashFilesOptions,
): Promise<void> {
  let handled: Promise<void> = Promise.resolve();
  try {
    for (const path of queue) {
      const result = await requestHash(worker, path, signal);
      await handled;
      handled = onHashed(path, 'sha256' in result ? result : { error: toError(result, path) });
      handled.catch(() => {});
    }
  } finally {
    await handled;
  }
}

function toError({ code, message }: HashFailure, path: string): unknown {
  const error = new Error(message);
  return toFileSystemError(
    code === undefined ? error : Object.assign(error, { code, errno: 0 }),
    path,
    'read',
  );
}

function requestHash(worker: Worker, path: string, signal: AbortSignal): Promise<HashResult> {
  return new Promise((resolve, reject) => {
    const onAbort = () => settle(() => reject(signal.reason));
    const onMessage = (result: HashResult) => settle(() => resolve(result));
    const onError = (error: unknown) => settle(() => reject(error));
    function settle(end: () => void): void {
      signal.removeEventListener('abort', onAbort);
      worker.off('message', onMessage).off('error', onError);
      end();
    }
    signal.addEventListener('abort', onAbort, { once: true });
    worker.once('message', onMessage).once('error', onError);
    if (signal.aborted) onAbort();
    else worker.postMessage(path);
  });
}

function startWorker(task: HashTask): Worker {
  return new Worker(new URL('./hash-files.worker.js', import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
  });
}
