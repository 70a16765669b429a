import { Worker } from 'node:worker_threads';
import { toFileSystemError } from '../errors.js';
import type { HashResult, HashTask } from './hash-files.worker.js';

export interface HashFilesDeps {
  /** How many files to read at a time. */
  readonly threads: number;
  readonly signal: AbortSignal;
  /** Told several times a second how many bytes have been read of all files. */
  readonly onBytes: (read: number) => void;
  /** Told of each file: its SHA256 in upper case, or why it can't be read. The next one is not told before this settles. */
  readonly onHashed: (
    path: string,
    result: { readonly sha256: string } | { readonly error: unknown },
  ) => Promise<void>;
}

/** Milliseconds between two words about how much has been read. */
const TICK = 100;

/**
 * Computes the SHA256 of files, as many at a time as there are threads.
 * @throws the signal's reason, or what `onHashed` throws
 */
export async function hashFiles(paths: readonly string[], deps: HashFilesDeps): Promise<void> {
  const { threads, signal, onBytes } = deps;
  signal.throwIfAborted();
  const read = new BigInt64Array(new SharedArrayBuffer(8));
  const tell = () => onBytes(Number(Atomics.load(read, 0)));
  const clock = setInterval(tell, TICK);
  const waiting = paths.values();
  const workers = Array.from({ length: Math.min(threads, paths.length) }, () => startThread({ read }));
  try {
    await Promise.all(workers.map((worker) => work(worker, waiting, deps)));
    tell();
  } finally {
    clearInterval(clock);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** Keeps one thread busy: while a file is told of, the thread reads the next one. */
async function work(
  worker: Worker,
  waiting: Iterator<string> & Iterable<string>,
  { signal, onHashed }: HashFilesDeps,
): Promise<void> {
  let telling: Promise<void> = Promise.resolve();
  try {
    for (const path of waiting) {
      const answer = await ask(worker, path, signal);
      await telling;
      telling = onHashed(path, 'sha256' in answer ? answer : { error: failureOf(answer, path) });
      telling.catch(() => {});
    }
  } finally {
    await telling;
  }
}

function failureOf({ code, message }: Exclude<HashResult, { sha256: string }>, path: string): unknown {
  const error = new Error(message);
  return toFileSystemError(
    code === undefined ? error : Object.assign(error, { code, errno: 0 }),
    path,
    'read',
  );
}

function ask(worker: Worker, path: string, signal: AbortSignal): Promise<HashResult> {
  return new Promise((resolve, reject) => {
    const abort = () => settle(() => reject(signal.reason));
    const answer = (given: HashResult) => settle(() => resolve(given));
    const fail = (error: unknown) => settle(() => reject(error));
    function settle(end: () => void): void {
      signal.removeEventListener('abort', abort);
      worker.off('message', answer).off('error', fail);
      end();
    }
    signal.addEventListener('abort', abort, { once: true });
    worker.once('message', answer).once('error', fail);
    if (signal.aborted) abort();
    else worker.postMessage(path);
  });
}

function startThread(task: HashTask): Worker {
  return new Worker(new URL('./hash-files.worker.js', import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
  });
}
