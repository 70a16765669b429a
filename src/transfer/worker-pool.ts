/** What a workers does. */
export interface WorkerPoolOptions {
  /** One worker's life; settles when there is nothing left for it to do. */
  readonly work: (signal: AbortSignal) => Promise<void>;
  /** Called every now and then; says how many workers are wanted. What it throws ends the workers. */
  readonly desiredCount: () => number;
  /** Milliseconds between two looks. */
  readonly intervalMs: number;
  readonly signal: AbortSignal;
}

/**
 * Lets a changing number of workers work, one to begin with, until none is left.
 * @throws what the first of them failed with, or the signal's reason, once all have ended
 */
export async function runWorkers({
  work,
  desiredCount,
  intervalMs,
  signal,
}: WorkerPoolOptions): Promise<void> {
  const ending = new AbortController();
  const ended = AbortSignal.any([signal, ending.signal]);
  const workers = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;

  function fail(error: unknown): void {
    failure ??= { error };
    ending.abort(error);
  }

  function spawn(): void {
    const worker = work(ended)
      .catch(fail)
      .finally(() => workers.delete(worker));
    workers.add(worker);
  }

  const watch = setInterval(() => {
    try {
      const wanted = desiredCount();
      while (!ended.aborted && workers.size < wanted) spawn();
    } catch (error) {
      fail(error);
    }
  }, intervalMs);
  spawn();
  try {
    while (workers.size > 0) await Promise.race(workers);
  } finally {
    clearInterval(watch);
  }
  if (failure) throw failure.error;
  signal.throwIfAborted();
}
