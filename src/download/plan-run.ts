import { fileSystemOf } from '../disk/space.js';
import type { RunContext } from './context.js';
import type { ListedFile } from './listed-item.js';
import { findReusable } from './local-copies.js';
import type { RunItem } from './run-item.js';
import type { PlanCounts, RunPlan } from './run-plan.js';

/** A plan with the items that it is about. */
export interface PlannedRun {
  readonly plan: RunPlan;
  /** The items that need requests, in their order. */
  readonly unfinished: readonly RunItem[];
}

type PlanContext = Pick<RunContext, 'rootDir' | 'options' | 'cache' | 'finished' | 'signal'>;

/** Plans the items of a run with lists by what is known of them: without a request, and without reading a model file. */
export async function planRun(items: readonly RunItem[], run: PlanContext): Promise<PlannedRun> {
  const { options, rootDir } = run;
  const [listed, present, missing] = [new Counter(), new Counter(), new Counter()];
  const types = new Map<string, Counter>();
  const unfinished: RunItem[] = [];
  let otherSources = 0;
  for (const item of items) {
    run.signal.throwIfAborted();
    const isFinished = item.listed !== undefined && (await run.finished?.find(item.listed)) !== undefined;
    if (!isFinished) unfinished.push(item);
    const facts = factsOf(item);
    if (!facts) {
      otherSources++;
      continue;
    }
    const ofType = types.get(facts.model.type) ?? new Counter();
    types.set(facts.model.type, ofType);
    const isPresent = isFinished || (await areFilesPresent(facts, run));
    for (const counter of [listed, ofType, isPresent ? present : missing])
      counter.add(facts, options.withoutModel);
  }
  const counted = [...types].map(([type, counter]) => ({ type, ...counter.counts }));
  const plan = {
    rootDir,
    listed: listed.counts,
    present: present.counts,
    missing: missing.counts,
    types: counted.sort((one, other) => other.versions - one.versions),
    otherSources,
    free: fileSystemOf(rootDir)?.freeBytes,
  };
  return { plan, unfinished };
}

interface Facts {
  readonly model: { readonly id: number | string; readonly type: string };
  readonly files: readonly ListedFile[];
}

/** A list may name a model without saying anything of it. Returns undefined for what the user has named. */
function factsOf({ request, listed }: RunItem): Facts | undefined {
  if (listed) return listed;
  const { list, source, text } = request;
  if (list === undefined) return undefined;
  const id = source.kind === 'hash' ? undefined : source.modelId;
  return { model: { id: id ?? text, type: 'unknown type' }, files: [] };
}

/** Whether an earlier run has left all files of a version in the index. */
async function areFilesPresent({ files }: Facts, run: PlanContext): Promise<boolean> {
  if (files.length === 0 || run.options.withoutModel || run.options.modelOverwrite) return false;
  for (const file of files) if (!(await findReusable(file, run))) return false;
  return true;
}

class Counter {
  readonly #models = new Set<number | string>();
  #versions = 0;
  #files = 0;
  #bytes = 0;
  #unknown = 0;

  add({ model, files }: Facts, withoutModel: boolean): void {
    this.#models.add(model.id);
    this.#versions++;
    if (withoutModel) return;
    // A list that does not tell the files has at least one.
    const known: readonly Pick<ListedFile, 'size'>[] = files.length > 0 ? files : [{ size: undefined }];
    this.#files += known.length;
    for (const { size } of known) {
      this.#bytes += size ?? 0;
      if (!size) this.#unknown++;
    }
  }

  get counts(): PlanCounts {
    return {
      models: this.#models.size,
      versions: this.#versions,
      files: this.#files,
      bytes: this.#bytes,
      unknown: this.#unknown,
    };
  }
}
