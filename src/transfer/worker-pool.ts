export interface WorkerPoolOptions {
  /** Runs one worker until no work is left for it. */
  readonly work: (signal: AbortSignal) => Promise<void>;
  /** Called at each interval; returns the desired number of workers. Its error ends all workers. */
  readonly desiredCount: () => number;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
}

/** Runs a changing number of workers, one at first. Throws the first error after all have ended. */
export async function runWorkers({
  work,
  desiredCount,
  intervalMs,
  signal,
}: WorkerPoolOptions): Promise<void> {
  const stop = new AbortController();
  const stopped = AbortSignal.any([signal, stop.signal]);
  const workers = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;

  function fail(error: unknown): void {
    failure ??= { error };
    stop.abort(error);
  }

  function spawn(): void {
    const worker = work(stopped)
      .catch(fail)
      .finally(() => workers.delete(worker));
    workers.add(worker);
  }

  const timer = setInterval(() => {
    try {
      const count = desiredCount();
      while (!stopped.aborted && workers.size < count) spawn();
    } catch (error) {
      fail(error);
    }
  }, intervalMs);
  spawn();
  try {
    while (workers.size > 0) await Promise.race(workers);
  } finally {
    clearInterval(timer);
  }
  if (failure) throw failure.error;
  signal.throwIfAborted();
}
