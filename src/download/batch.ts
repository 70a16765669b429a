import { pageUrl } from '../civitai/page-url.js';
import type { Resolved } from '../civitai/resolve.js';
import { trainedWordsOf } from '../civitai/trained-words.js';
import { CautionError, SelectionError } from '../errors.js';
import type { RunContext } from './context.js';
import type { DownloadEvent, EmitItem, ItemEvent, Outcome, SourceText, Warning } from './events.js';
import { type FinishedItem, reportFinished } from './finished-item.js';
import { FinishedRecorder } from './finished-recorder.js';
import type { ReservedFile } from './item.js';
import { runJobs } from './jobs.js';
import type { ListedItem } from './listed-item.js';
import { Prefetcher } from './prefetch.js';
import { type PreparedFile, type PreparedItem, prepareItem } from './prepare.js';
import type { RunItem } from './run-item.js';

const MAX_PLANS_AHEAD = 16;
const MIN_PLANS_IN_PARALLEL = 6;
const PLANS_IN_PARALLEL_PER_JOB = 2;

/** Downloads items with several jobs. Continues after a failure, unless it would fail the other items, too. */
export async function downloadBatch(items: readonly RunItem[], run: RunContext): Promise<readonly Outcome[]> {
  return new Batch(items, run).download();
}

interface ReadyItem {
  readonly prepared: PreparedItem;
  readonly files: readonly ReservedFile[];
  readonly listed: ListedItem | undefined;
}

type PlannedItem = { readonly number: number; readonly subject: SourceText } & (
  | ReadyItem
  | FinishedItem
  | { readonly error: unknown }
);

interface DownloadHooks {
  readonly subject: SourceText;
  readonly emit: EmitItem;
  readonly almostDone: () => void;
  readonly finish: (outcome: Outcome, isLast: boolean) => void;
}

class Batch {
  readonly #items: readonly RunItem[];
  readonly #run: RunContext;
  readonly #outcomes: Outcome[][];
  /** All cautions, by version and message: another source can lead to the same file. */
  readonly #cautions = new Set<string>();
  #lastTurn: Promise<void> = Promise.resolve();

  constructor(items: readonly RunItem[], run: RunContext) {
    this.#items = items;
    this.#run = run;
    this.#outcomes = items.map(() => []);
  }

  async download(): Promise<readonly Outcome[]> {
    const { jobs } = this.#run.options;
    const items = new Prefetcher(this.#items.entries(), (entry) => this.#prepare(entry), {
      maxAhead: MAX_PLANS_AHEAD,
      concurrency: Math.min(
        MAX_PLANS_AHEAD,
        Math.max(MIN_PLANS_IN_PARALLEL, PLANS_IN_PARALLEL_PER_JOB * jobs),
      ),
    });
    // Planning ahead finds too little space before the first byte. Loading the code meanwhile costs no time.
    await Promise.all([items.primed, import('./item.js')]);
    await runJobs(
      () => items.next(),
      jobs,
      (item, almostDone) => this.#downloadItem(item, almostDone),
    );
    return this.#outcomes.flat();
  }

  async #prepare([index, { request, listed }]: [number, RunItem]): Promise<PlannedItem> {
    const { signal, limits, dryRun } = this.#run;
    const { text, list, origin } = request;
    const item = { number: index + 1, subject: { text, ...(list !== undefined && { list }), origin } };
    const { turn, done } = this.#takeTurn();
    try {
      this.#throwIfStopped();
      const finished = listed && !dryRun ? await this.#run.finished?.find(listed) : undefined;
      if (listed && finished) return { ...item, listed, finished };
      const prepared = await prepareItem(request, this.#run, turn);
      const files = prepared.files.map((file) => this.#reserve(file));
      if (!dryRun) this.#reportPlans(item.number, prepared);
      return { ...item, prepared, files, listed };
    } catch (error) {
      limits.failFast.record(error);
      return { ...item, error: signal.aborted ? signal.reason : error };
    } finally {
      done();
    }
  }

  /** Items are prepared in the order of their sources. */
  #takeTurn(): { readonly turn: Promise<void>; readonly done: () => void } {
    const turn = this.#lastTurn;
    let done = () => {};
    this.#lastTurn = new Promise((resolve) => {
      done = resolve;
    });
    return { turn, done: () => done() };
  }

  #reserve(prepared: PreparedFile): ReservedFile {
    const { dryRun, forceSpace, limits } = this.#run;
    if ('error' in prepared || dryRun || forceSpace) return { prepared, reservation: undefined };
    const { directories, planned } = prepared;
    return { prepared, reservation: limits.space.reserve(directories.model, planned.missing) };
  }

  async #downloadItem(item: PlannedItem, almostDone: () => void): Promise<void> {
    const { number, subject } = item;
    const emit: EmitItem = (event) => this.#run.emit({ ...event, item: number } satisfies DownloadEvent);
    const finish = (outcome: Outcome, isLast: boolean) => {
      if (outcome.status === 'failed') this.#run.limits.failFast.record(outcome.error);
      this.#outcomes[number - 1]?.push(outcome);
      emit({ type: 'finished', outcome, isLast });
    };
    const reason = this.#stopReason();
    if (reason !== undefined) return finish({ subject, status: 'not-started', error: reason }, true);
    emit({ type: 'started', subject, of: this.#items.length });
    if ('error' in item) return finish(outcomeOf(subject, item.error), true);
    if ('prepared' in item) return this.#downloadFiles(item, { subject, emit, almostDone, finish });
    const outcomes = await reportFinished(item, { subject, emit }, this.#run);
    for (const [index, outcome] of outcomes.entries()) finish(outcome, index === outcomes.length - 1);
  }

  async #downloadFiles(item: ReadyItem & { readonly number: number }, hooks: DownloadHooks): Promise<void> {
    const { number, prepared, files, listed } = item;
    const { subject, almostDone, finish } = hooks;
    const recorder = listed && new FinishedRecorder(listed, prepared);
    const emit = recorder?.watch(hooks.emit) ?? hooks.emit;
    emit(resolvedEvent(prepared.resolved, listed));
    for (const warning of prepared.warnings)
      if (this.#isNew(warning, prepared)) emit({ type: 'warned', ...warning });
    for (const text of notesOf(prepared)) emit({ type: 'noted', text });
    if (this.#run.dryRun) this.#reportPlans(number, prepared);
    const { downloadFiles } = await import('./item.js');
    let remaining = files.length;
    const outcomes: Outcome[] = [];
    const context = { subject, emit, almostDone, ...(recorder && { onComplete: recorder.onComplete }) };
    for await (const outcome of downloadFiles(files, context, this.#run)) {
      outcomes.push(outcome);
      if (--remaining === 0) await recorder?.end(outcomes, this.#run);
      finish(outcome, remaining === 0);
    }
  }

  #isNew({ error }: Warning, { resolved: { version } }: PreparedItem): boolean {
    if (!(error instanceof CautionError)) return true;
    const key = `${version.id} ${error.message}`;
    if (this.#cautions.has(key)) return false;
    this.#cautions.add(key);
    return true;
  }

  #reportPlans(item: number, { subject, files }: PreparedItem): void {
    for (const file of files)
      if ('planned' in file) this.#run.emit({ type: 'planned', item, subject, ...file.planned });
  }

  #stopReason(): unknown {
    const { signal, limits } = this.#run;
    return [signal, limits.failFast.signal].find(({ aborted }) => aborted)?.reason;
  }

  #throwIfStopped(): void {
    const reason = this.#stopReason();
    if (reason !== undefined) throw reason;
  }
}

/** @param error why the item could not be prepared */
function outcomeOf(subject: SourceText, error: unknown): Outcome {
  if (error instanceof SelectionError) return { subject, status: 'passed-over', reason: error };
  return { subject, status: 'failed', error };
}

function resolvedEvent(resolved: Resolved, listed: ListedItem | undefined): ItemEvent {
  const { model, version } = resolved;
  return {
    type: 'resolved',
    ...resolved,
    skipped: [...(listed?.skipped ?? []), ...resolved.skipped],
    version: { ...version, trainedWords: trainedWordsOf(version) },
    page: pageUrl(model, version),
  };
}

/** The same sentence can be about several files of an item. */
function notesOf({ files }: PreparedItem): ReadonlySet<string> {
  return new Set(files.flatMap((file) => ('planned' in file ? (file.planned.notes ?? []) : [])));
}
