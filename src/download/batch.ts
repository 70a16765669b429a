import { withBatchedModels } from '../civitai/batched-models.js';
import { Space } from '../disk/space.js';
import { BufferPool, bufferSize } from '../disk/write-buffer.js';
import type { Throttle } from '../http/rate-limiter.js';
import { ConnectionBudget } from '../transfer/connections.js';
import type { DownloadEvent, Emit, ItemEvent, Outcome, SourceText } from './events.js';
import { FailFast } from './fail-fast.js';
import type { ItemDeps, ReservedFile } from './item.js';
import { Pacer } from './pacer.js';
import { Prefetcher } from './prefetch.js';
import { type PrepareDeps, type Prepared, prepareItem } from './prepare.js';
import { Semaphore } from './semaphore.js';
import type { SourceRequest } from './sources.js';

export interface BatchDeps
  extends PrepareDeps,
    Pick<ItemDeps, 'http' | 'retry' | 'lock' | 'monotonic' | 'dryRun' | 'trace'> {
  readonly emit: Emit;
  /** Waits that many milliseconds, or rejects with the signal's reason. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Limits all model files together. */
  readonly throttle: Throttle | undefined;
  /** Whether to begin although there is too little room on disk. */
  readonly forceSpace: boolean;
}

/** Items whose plan is ready before anybody can use it, at most, and those that are being planned. */
const MAX_AHEAD = 16;
const PLANNED_AT_A_TIME = 6;
const PLANNED_PER_JOB = 2;
/** Images at a time that are polite to a host that serves everybody, and some more for each further job. */
const IMAGES_AT_A_TIME = 6;
const IMAGES_PER_JOB = 2;
/** Bytes; images are small, and several come at a time. */
const MEDIA_BLOCK = 128 * 1024;

/**
 * Downloads what was asked for, several at a time as the options say, and goes on after a failure, unless it is one that
 * the others would meet, too.
 * @returns how each file ended, in the order in which they were asked for
 */
export async function downloadBatch(
  requested: readonly SourceRequest[],
  deps: BatchDeps,
): Promise<readonly Outcome[]> {
  const sources = requested.map(({ source }) => source);
  return new Batch(requested, { ...deps, client: withBatchedModels(deps.client, sources) }).run();
}

/** What is known of an item when its turn comes. */
type Item = { readonly number: number; readonly subject: SourceText } & (
  | { readonly prepared: Prepared; readonly files: readonly ReservedFile[] }
  | { readonly error: unknown }
);

class Batch {
  readonly #requested: readonly SourceRequest[];
  readonly #deps: BatchDeps;
  readonly #outcomes: Outcome[][];
  readonly #halt: FailFast;
  readonly #space = new Space();
  readonly #itemDeps: Omit<ItemDeps, 'emit' | 'almostDone'>;
  readonly #unfinished = new Set<Promise<void>>();

  constructor(requested: readonly SourceRequest[], deps: BatchDeps) {
    this.#requested = requested;
    this.#deps = deps;
    this.#outcomes = requested.map(() => []);
    this.#halt = new FailFast(deps.rootDir, (error) => deps.emit({ type: 'halted', error }));
    const { jobs, connections } = deps.options;
    // Each job has a connection of its own; those that a large file takes beyond are shared.
    const most = jobs + connections - 1;
    this.#itemDeps = {
      ...deps,
      seenFiles: new Map(),
      halted: this.#halt.signal,
      pauses: this.#pauses(),
      mediaBlocks: new BufferPool(MEDIA_BLOCK),
      imageSlots: new Semaphore(IMAGES_AT_A_TIME + IMAGES_PER_JOB * (jobs - 1)),
      shared: {
        throttle: deps.throttle,
        maxConnections: connections,
        connectionBudget: new ConnectionBudget(connections - 1),
        slots: new Semaphore(jobs),
        blocks: new BufferPool(bufferSize(most)),
        forceSpace: deps.forceSpace,
      },
    };
  }

  async run(): Promise<readonly Outcome[]> {
    const items = new Prefetcher(this.#requested.entries(), (entry) => this.#prepare(entry), {
      ahead: MAX_AHEAD,
      concurrency: Math.min(
        MAX_AHEAD,
        Math.max(PLANNED_AT_A_TIME, PLANNED_PER_JOB * this.#deps.options.jobs),
      ),
    });
    // What does not fit on the disk is known before the first byte, as far as plans are made ahead; what brings files is
    // loaded while the answers are on their way.
    await Promise.all([items.primed, import('./item.js')]);
    await Promise.all(Array.from({ length: this.#deps.options.jobs }, () => this.#job(items)));
    await Promise.all(this.#unfinished);
    return this.#outcomes.flat();
  }

  /**
   * Carries out item after item. One of which hardly anything is missing leaves its place to the next, as long as there
   * are no more of those than places: its last bytes come, and go to the disk, while the other's URL is asked for.
   */
  async #job(items: Prefetcher<[number, SourceRequest], Item>): Promise<void> {
    const { jobs } = this.#deps.options;
    for (let next = items.next(); next; next = items.next()) {
      const item = await next;
      await new Promise<void>((resolve, reject) => {
        const almostDone = jobs === 1 ? () => {} : resolve;
        const carried = this.#carryOut(item, almostDone).finally(() => this.#unfinished.delete(carried));
        this.#unfinished.add(carried);
        carried.then(resolve, reject);
      });
      while (this.#unfinished.size >= 2 * jobs) await Promise.race(this.#unfinished);
    }
  }

  #pauses(): Pacer {
    const { options, sleep, signal, monotonic, emit } = this.#deps;
    return new Pacer({
      seconds: options.pauseTime,
      jobs: options.jobs,
      onPause: (seconds) => emit({ type: 'pausing', seconds }),
      sleep,
      signal: AbortSignal.any([signal, this.#halt.signal]),
      monotonic,
    });
  }

  async #prepare([index, requested]: [number, SourceRequest]): Promise<Item> {
    const { text, origin } = requested;
    const known = { number: index + 1, subject: { text, origin } };
    try {
      this.#throwIfEnded();
      const prepared = await prepareItem(requested, this.#deps);
      const files = prepared.files.map((file) => this.#reserve(file));
      if (!this.#deps.dryRun) this.#reportPlans(known.number, prepared);
      return { ...known, prepared, files };
    } catch (error) {
      this.#halt.record(error);
      return { ...known, error: this.#deps.signal.aborted ? this.#deps.signal.reason : error };
    }
  }

  #reserve(prepared: Prepared['files'][number]): ReservedFile {
    if ('error' in prepared || this.#deps.dryRun || this.#deps.forceSpace)
      return { prepared, reservation: undefined };
    const { directories, planned } = prepared;
    return { prepared, reservation: this.#space.reserve(directories.model, planned.missing) };
  }

  async #carryOut(item: Item, almostDone: () => void): Promise<void> {
    const { number, subject } = item;
    const outcomes = this.#outcomes[number - 1] ?? [];
    const emit = (happening: ItemEvent) =>
      this.#deps.emit({ ...happening, item: number } satisfies DownloadEvent);
    const finish = (outcome: Outcome, isLast: boolean) => {
      if (outcome.status === 'failed') this.#halt.record(outcome.error);
      outcomes.push(outcome);
      emit({ type: 'finished', outcome, isLast });
    };
    const reason = this.#endedBy();
    if (reason !== undefined) {
      finish({ subject, status: 'not-started', error: reason }, true);
      return;
    }
    emit({ type: 'started', subject, of: this.#requested.length });
    if ('error' in item) {
      finish({ subject, status: 'failed', error: item.error }, true);
      return;
    }
    const { prepared, files } = item;
    emit({ type: 'resolved', ...prepared.resolved });
    for (const error of prepared.warnings) emit({ type: 'warned', error });
    if (this.#deps.dryRun) this.#reportPlans(number, prepared);
    const { downloadItem } = await import('./item.js');
    let rest = files.length;
    for await (const outcome of downloadItem(prepared, files, { ...this.#itemDeps, emit, almostDone })) {
      finish(outcome, --rest === 0);
    }
  }

  #reportPlans(item: number, { subject, files }: Prepared): void {
    for (const file of files) {
      if ('planned' in file) this.#deps.emit({ type: 'planned', item, subject, ...file.planned });
    }
  }

  /** Why nothing new is begun any more. */
  #endedBy(): unknown {
    const ended = [this.#deps.signal, this.#halt.signal].find(({ aborted }) => aborted);
    return ended?.reason;
  }

  #throwIfEnded(): void {
    const reason = this.#endedBy();
    if (reason !== undefined) throw reason;
  }
}
