import type { Reservation } from '../disk/space.js';
import type { EmitItem, Outcome, SourceText } from './events.js';
import { type ExecuteDeps, executePlan } from './execute-plan.js';
import type { Pacer } from './pacer.js';
import { type PrepareDeps, type Prepared, type PreparedFile, planOf } from './prepare.js';

export interface ItemDeps
  extends Omit<ExecuteDeps, 'waitForSlot' | 'remaining' | 'emit' | 'options'>,
    Pick<PrepareDeps, 'options'> {
  readonly emit: EmitItem;
  /** Whether to plan only, and touch neither disk nor storage. */
  readonly dryRun: boolean;
  readonly pauses: Pacer;
  /** Aborts when nothing new is to be begun. */
  readonly halted: AbortSignal;
  /** Files that were had in this run, or are being fetched: true once they are there. */
  readonly seenFiles: Map<string, Promise<boolean>>;
}

/** A file of an item with the room that is kept for it. */
export interface ReservedFile {
  readonly prepared: PreparedFile;
  readonly reservation: Reservation | undefined;
}

/** Downloads an item's files, one after another. Never throws: a failure is an outcome like another. */
export async function* downloadItem(
  { subject }: Pick<Prepared, 'subject'>,
  files: readonly ReservedFile[],
  deps: ItemDeps,
): AsyncGenerator<Outcome> {
  // Images and prompts are those of the version: once is enough.
  let withImages = true;
  for (const [index, { prepared, reservation }] of files.entries()) {
    const almostDone = index === files.length - 1 ? deps.almostDone : () => {};
    const outcome = await downloadFile(prepared, subject, withImages, reservation, {
      ...deps,
      almostDone,
    });
    reservation?.release();
    withImages &&= outcome.status === 'failed';
    yield outcome;
  }
}

async function downloadFile(
  prepared: PreparedFile,
  subject: SourceText,
  withImages: boolean,
  reservation: Reservation | undefined,
  deps: ItemDeps,
): Promise<Outcome> {
  const key = `${prepared.version.id} ${prepared.file.id}`;
  for (let other = deps.seenFiles.get(key); other; other = deps.seenFiles.get(key)) {
    if (await other) return { subject, status: 'repeated' };
    if (deps.seenFiles.get(key) === other) deps.seenFiles.delete(key);
  }
  if ('error' in prepared) return { subject, status: 'failed', error: prepared.error };
  if (deps.dryRun) {
    deps.seenFiles.set(key, Promise.resolve(true));
    return { subject, status: 'planned' };
  }
  const done = fetchFile(prepared, subject, withImages, reservation, deps);
  deps.seenFiles.set(
    key,
    done.then(({ status }) => status === 'done'),
  );
  return done;
}

async function fetchFile(
  prepared: Exclude<PreparedFile, { readonly error: unknown }>,
  subject: SourceText,
  withImages: boolean,
  reservation: Reservation | undefined,
  deps: ItemDeps,
): Promise<Outcome> {
  const { options, pauses, signal, halted } = deps;
  let turn: Promise<void> | undefined;
  const waitForSlot = () => {
    turn ??= pauses.waitForSlot();
    return turn;
  };
  const remaining = (bytes: number) => reservation?.setRemaining(bytes);
  try {
    const { directories, planned } = prepared;
    const laid = withImages ? planned.plan : planOf(prepared, directories, false, options);
    return {
      subject,
      status: 'done',
      ...(await executePlan(laid, prepared.version.id, { ...deps, waitForSlot, remaining })),
    };
  } catch (error) {
    if (signal.aborted) return { subject, status: 'failed', error: signal.reason };
    if (error === halted.reason) return { subject, status: 'not-started', error };
    return { subject, status: 'failed', error };
  } finally {
    if (turn !== undefined) pauses.finished();
  }
}
