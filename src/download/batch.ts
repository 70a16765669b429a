import { withModelLists } from '../civitai/batched-models.js';
import { BlockPool, blockSize } from '../disk/block-pool.js';
import { Space } from '../disk/space.js';
import type { Throttle } from '../http/throttle.js';
import { SharedConnections } from '../transfer/shared-connections.js';
import type { DownloadEvent, Emit, ItemHappening, Outcome, Subject } from './events.js';
import { Halt } from './fail-fast.js';
import type { ItemDeps, ReadyFile } from './item.js';
import { Pauses } from './pacer.js';
import { LookAhead } from './prefetch.js';
import { type PrepareDeps, type Prepared, prepare } from './prepare.js';
import { Slots } from './semaphore.js';
import type { Requested } from './sources.js';

export interface DownloadDeps
  extends PrepareDeps,
    Pick<ItemDeps, 'http' | 'retry' | 'lock' | 'clock' | 'dryRun'> {
  readonly emit: Emit;
  /** Waits that many milliseconds, or rejects with the signal's reason. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Limits all model files together. */
  readonly throttle: Throttle | undefined;
  /** Whether to begin although there is too little room on disk. */
  readonly forceSpace: boolean;
}

/** Items whose plan is ready before anybody can use it, at most, and those that are being planned. */
const AHEAD = 16;
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
  requested: readonly Requested[],
  deps: DownloadDeps,
): Promise<readonly Outcome[]> {
  const sources = requested.map(({ source }) => source);
  return new Batch(requested, { ...deps, client: withModelLists(deps.client, sources) }).run();
}

/** What is known of an item when its turn comes. */
type Item = { readonly number: number; readonly subject: Subject } & (
  | { readonly prepared: Prepared; readonly files: readonly ReadyFile[] }
  | { readonly error: unknown }
);

class Batch {
  readonly #requested: readonly Requested[];
  readonly #deps: DownloadDeps;
  readonly #outcomes: Outcome[][];
  readonly #halt: Halt;
  readonly #space = new Space();
  readonly #itemDeps: Omit<ItemDeps, 'emit' | 'onNearlyThere'>;
  readonly #unfinished = new Set<Promise<void>>();

  constructor(requested: readonly Requested[], deps: DownloadDeps) {
    this.#requested = requested;
    this.#deps = deps;
    this.#outcomes = requested.map(() => []);
    this.#halt = new Halt(deps.rootDir, (error) => deps.emit({ type: 'halted', error }));
    const { jobs, connections } = deps.options;
    // Each job has a connection of its own; those that a large file takes beyond are shared.
    const most = jobs + connections - 1;
    this.#itemDeps = {
      ...deps,
      had: new Map(),
      halted: this.#halt.signal,
      pauses: this.#pauses(),
      mediaBlocks: new BlockPool(MEDIA_BLOCK),
      imageSlots: new Slots(IMAGES_AT_A_TIME + IMAGES_PER_JOB * (jobs - 1)),
      shared: {
        throttle: deps.throttle,
        connections,
        sharedConnections: new SharedConnections(connections - 1),
        slots: new Slots(jobs),
        blocks: new BlockPool(blockSize(most)),
        forceSpace: deps.forceSpace,
      },
    };
  }

  async run(): Promise<readonly Outcome[]> {
    const items = new LookAhead(this.#requested.entries(), (entry) => this.#prepare(entry), {
      ahead: AHEAD,
      atATime: Math.min(AHEAD, Math.max(PLANNED_AT_A_TIME, PLANNED_PER_JOB * this.#deps.options.jobs)),
    });
    // What does not fit on the disk is known before the first byte, as far as plans are made ahead; what brings files is
    // loaded while the answers are on their way.
    await Promise.all([items.filled, import('./item.js')]);
    await Promise.all(Array.from({ length: this.#deps.options.jobs }, () => this.#job(items)));
    await Promise.all(this.#unfinished);
    return this.#outcomes.flat();
  }

  /**
   * Carries out item after item. One of which hardly anything is missing leaves its place to the next, as long as there
   * are no more of those than places: its last bytes come, and go to the disk, while the other's URL is asked for.
   */
  async #job(items: LookAhead<[number, Requested], Item>): Promise<void> {
    const { jobs } = this.#deps.options;
    for (let next = items.next(); next; next = items.next()) {
      const item = await next;
      await new Promise<void>((resolve, reject) => {
        const onNearlyThere = jobs === 1 ? () => {} : resolve;
        const carried = this.#carryOut(item, onNearlyThere).finally(() => this.#unfinished.delete(carried));
        this.#unfinished.add(carried);
        carried.then(resolve, reject);
      });
      while (this.#unfinished.size >= 2 * jobs) await Promise.race(this.#unfinished);
    }
  }

  #pauses(): Pauses {
    const { options, sleep, signal, clock, emit } = this.#deps;
    return new Pauses({
      seconds: options.pauseTime,
      jobs: options.jobs,
      onPause: (seconds) => emit({ type: 'pausing', seconds }),
      sleep,
      signal: AbortSignal.any([signal, this.#halt.signal]),
      clock,
    });
  }

  async #prepare([index, requested]: [number, Requested]): Promise<Item> {
    const { text, origin } = requested;
    const known = { number: index + 1, subject: { text, origin } };
    try {
      this.#throwIfEnded();
      const prepared = await prepare(requested, this.#deps);
      const files = prepared.files.map((file) => this.#reserve(file));
      if (!this.#deps.dryRun) this.#tellPlans(known.number, prepared);
      return { ...known, prepared, files };
    } catch (error) {
      this.#halt.judge(error);
      return { ...known, error: this.#deps.signal.aborted ? this.#deps.signal.reason : error };
    }
  }

  #reserve(prepared: Prepared['files'][number]): ReadyFile {
    if ('error' in prepared || this.#deps.dryRun || this.#deps.forceSpace)
      return { prepared, reservation: undefined };
    const { directories, planned } = prepared;
    return { prepared, reservation: this.#space.reserve(directories.model, planned.missing) };
  }

  async #carryOut(item: Item, onNearlyThere: () => void): Promise<void> {
    const { number, subject } = item;
    const outcomes = this.#outcomes[number - 1] ?? [];
    const emit = (happening: ItemHappening) =>
      this.#deps.emit({ ...happening, item: number } satisfies DownloadEvent);
    const finish = (outcome: Outcome, isLast: boolean) => {
      if (outcome.status === 'failed') this.#halt.judge(outcome.error);
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
    if (this.#deps.dryRun) this.#tellPlans(number, prepared);
    const { downloadItem } = await import('./item.js');
    let rest = files.length;
    for await (const outcome of downloadItem(prepared, files, { ...this.#itemDeps, emit, onNearlyThere })) {
      finish(outcome, --rest === 0);
    }
  }

  #tellPlans(item: number, { subject, files }: Prepared): void {
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
