import type { Reservation } from '../disk/space.js';
import type { EmitOfItem, Outcome, Subject } from './events.js';
import { type CarryOutDeps, carryOut } from './execute-plan.js';
import type { Pauses } from './pacer.js';
import { type PrepareDeps, type Prepared, type PreparedFile, planOf } from './prepare.js';

export interface ItemDeps
  extends Omit<CarryOutDeps, 'mayFetch' | 'onMissing' | 'emit' | 'options'>,
    Pick<PrepareDeps, 'options'> {
  readonly emit: EmitOfItem;
  /** Whether to plan only, and touch neither disk nor storage. */
  readonly dryRun: boolean;
  readonly pauses: Pauses;
  /** Aborts when nothing new is to be begun. */
  readonly halted: AbortSignal;
  /** Files that were had in this run, or are being fetched: true once they are there. */
  readonly had: Map<string, Promise<boolean>>;
}

/** A file of an item with the room that is kept for it. */
export interface ReadyFile {
  readonly prepared: PreparedFile;
  readonly reservation: Reservation | undefined;
}

/** Downloads an item's files, one after another. Never throws: a failure is an outcome like another. */
export async function* downloadItem(
  { subject }: Pick<Prepared, 'subject'>,
  files: readonly ReadyFile[],
  deps: ItemDeps,
): AsyncGenerator<Outcome> {
  // Images and prompts are those of the version: once is enough.
  let withImages = true;
  for (const [index, { prepared, reservation }] of files.entries()) {
    const onNearlyThere = index === files.length - 1 ? deps.onNearlyThere : () => {};
    const outcome = await downloadFile(prepared, subject, withImages, reservation, {
      ...deps,
      onNearlyThere,
    });
    reservation?.end();
    withImages &&= outcome.status === 'failed';
    yield outcome;
  }
}

async function downloadFile(
  prepared: PreparedFile,
  subject: Subject,
  withImages: boolean,
  reservation: Reservation | undefined,
  deps: ItemDeps,
): Promise<Outcome> {
  const key = `${prepared.version.id} ${prepared.file.id}`;
  for (let other = deps.had.get(key); other; other = deps.had.get(key)) {
    if (await other) return { subject, status: 'repeated' };
    if (deps.had.get(key) === other) deps.had.delete(key);
  }
  if ('error' in prepared) return { subject, status: 'failed', error: prepared.error };
  if (deps.dryRun) {
    deps.had.set(key, Promise.resolve(true));
    return { subject, status: 'planned' };
  }
  const done = fetchFile(prepared, subject, withImages, reservation, deps);
  deps.had.set(
    key,
    done.then(({ status }) => status === 'done'),
  );
  return done;
}

async function fetchFile(
  prepared: Exclude<PreparedFile, { readonly error: unknown }>,
  subject: Subject,
  withImages: boolean,
  reservation: Reservation | undefined,
  deps: ItemDeps,
): Promise<Outcome> {
  const { options, pauses, signal, halted } = deps;
  let turn: Promise<void> | undefined;
  const mayFetch = () => {
    turn ??= pauses.begin();
    return turn;
  };
  const onMissing = (bytes: number) => reservation?.missing(bytes);
  try {
    const { directories, planned } = prepared;
    const laid = withImages ? planned.plan : planOf(prepared, directories, false, options);
    return {
      subject,
      status: 'done',
      ...(await carryOut(laid, prepared.version.id, { ...deps, mayFetch, onMissing })),
    };
  } catch (error) {
    if (signal.aborted) return { subject, status: 'failed', error: signal.reason };
    if (error === halted.reason) return { subject, status: 'not-started', error };
    return { subject, status: 'failed', error };
  } finally {
    if (turn !== undefined) pauses.end();
  }
}
