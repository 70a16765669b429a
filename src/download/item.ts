import type { Reservation } from '../disk/space.js';
import type { ItemHooks, RunContext } from './context.js';
import type { EmitItem, Outcome, SourceText } from './events.js';
import { executePlan } from './execute-plan.js';
import { withoutImages } from './plan.js';
import type { PlannedFile, PreparedFile } from './prepare.js';

/** A file of an item with the space that is reserved for it. */
export interface ReservedFile {
  readonly prepared: PreparedFile;
  readonly reservation: Reservation | undefined;
}

export interface ItemContext {
  readonly subject: SourceText;
  readonly emit: EmitItem;
  readonly almostDone: () => void;
}

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
  { subject, emit, almostDone }: ItemContext,
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
    const toDo = withImages ? file.planned.plan : withoutImages(file.planned.plan);
    return { subject, status: 'done', ...(await executePlan(toDo, hooks, run)) };
  } catch (error) {
    if (run.signal.aborted) return { subject, status: 'failed', error: run.signal.reason };
    return { subject, status: error === failFast.signal.reason ? 'not-started' : 'failed', error };
  } finally {
    if (slot !== undefined) pacer.finished();
  }
}
