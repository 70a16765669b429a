import type { Reservation } from '../disk/space.js';
import { FileSystemError } from '../errors.js';
import type { ItemHooks, RunContext } from './context.js';
import type { EmitItem, Outcome, SourceText } from './events.js';
import { executePlan } from './execute-plan.js';
import { createSharedParts, type Plan, withoutImages } from './plan.js';
import { type PlannedFile, type PreparedFile, prepareFile } from './prepare.js';

/** A file of an item with the space that is reserved for it. */
export interface ReservedFile {
  readonly prepared: PreparedFile;
  readonly reservation: Reservation | undefined;
}

export interface ItemContext {
  readonly subject: SourceText;
  readonly emit: EmitItem;
  readonly almostDone: () => void;
  /** Called with the plan of each file that is complete. */
  readonly onComplete?: (file: CompleteFile) => void;
}

/** A file whose plan was executed. */
export interface CompleteFile {
  readonly fileId: number;
  readonly plan: Plan;
  readonly done: Executed;
}

type Executed = Awaited<ReturnType<typeof executePlan>>;

interface FileJob extends ReservedFile {
  /** Images and prompts belong to the version: one of its files brings them. */
  readonly withImages: boolean;
  readonly isLast: boolean;
}

/** Downloads the files of an item, one after another. Never throws: a failure is an outcome. */
export async function* downloadFiles(
  files: readonly ReservedFile[],
  item: ItemContext,
  run: RunContext,
): AsyncGenerator<Outcome> {
  let withImages = true;
  for (const [index, file] of files.entries()) {
    const job = { ...file, withImages, isLast: index === files.length - 1 };
    const outcome = await downloadFile(job, item, run);
    file.reservation?.release();
    withImages &&= outcome.status === 'failed';
    yield outcome;
  }
}

async function downloadFile(job: FileJob, item: ItemContext, run: RunContext): Promise<Outcome> {
  const { prepared } = job;
  const { subject } = item;
  const { seenFiles } = run;
  const id = `${prepared.version.id} ${prepared.file.id}`;
  for (let other = seenFiles.get(id); other; other = seenFiles.get(id)) {
    if (await other) return { subject, status: 'repeated' };
    if (seenFiles.get(id) === other) seenFiles.delete(id);
  }
  if ('error' in prepared) return { subject, status: 'failed', error: prepared.error };
  if (run.dryRun) {
    seenFiles.set(id, Promise.resolve(true));
    return { subject, status: 'planned' };
  }
  const done = fetchFile(prepared, job, item, run);
  seenFiles.set(
    id,
    done.then(({ status }) => status === 'done'),
  );
  return done;
}

async function fetchFile(
  file: PlannedFile,
  { reservation, withImages, isLast }: FileJob,
  { subject, emit, almostDone, onComplete }: ItemContext,
  run: RunContext,
): Promise<Outcome> {
  const { pacer, failFast } = run.limits;
  let slot: Promise<void> | undefined;
  const hooks: ItemHooks = {
    emit,
    waitForSlot: () => {
      slot ??= pacer.waitForSlot();
      return slot;
    },
    remaining: (bytes) => reservation?.setRemaining(bytes),
    almostDone: isLast ? almostDone : () => {},
  };
  try {
    const { plan, done } = await executePlanned(file, withImages, hooks, run);
    onComplete?.({ fileId: file.file.id, plan, done });
    return { subject, status: 'done', ...done };
  } catch (error) {
    if (run.signal.aborted) return { subject, status: 'failed', error: run.signal.reason };
    return { subject, status: error === failFast.signal.reason ? 'not-started' : 'failed', error };
  } finally {
    if (slot !== undefined) pacer.finished();
  }
}

/** Times that a file gets another name because its own was taken after it was planned. */
const MAX_RENAMES = 3;

async function executePlanned(
  file: PlannedFile,
  withImages: boolean,
  hooks: ItemHooks,
  run: RunContext,
): Promise<{ readonly plan: Plan; readonly done: Executed }> {
  let current = file;
  for (let renames = 0; ; renames++) {
    try {
      const toDo = withImages ? current.planned.plan : withoutImages(current.planned.plan);
      return { plan: toDo, done: await executePlan(toDo, hooks, run) };
    } catch (error) {
      const isTaken = error instanceof FileSystemError && error.code === 'target-exists';
      if (!isTaken || renames === MAX_RENAMES) throw error;
      const { model, version } = current;
      const shared = current.shared ?? createSharedParts(model, version, run.sidecars.formats.length > 0);
      const renamed = await prepareFile({ ...current, shared }, run);
      if ('error' in renamed) throw renamed.error;
      current = renamed;
    }
  }
}
