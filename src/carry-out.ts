import { writeAtomic } from './atomic-file.js';
import type { FileOutcome } from './events.js';
import { carryOutModelFile, type ModelFileDeps } from './model-file.js';
import type { ImageTask, Plan } from './plan.js';
import { SharedLock } from './shared-lock.js';
import type { Slots } from './slots.js';
import type { BlockPool } from './transfer/block-pool.js';
import { fetchMedia, findMedia, namesIn } from './transfer/media.js';
import { beside } from './transfer/part-file.js';

export interface CarryOutDeps extends Omit<ModelFileDeps, 'onOffered'> {
  /** Limits the images that are fetched at a time in the whole run. */
  readonly imageSlots: Slots;
  /** Memory for them. */
  readonly mediaBlocks: BlockPool;
}

export interface ImageCounts {
  readonly fetched: number;
  readonly present: number;
  readonly failed: number;
}

const LOCK = '.lock';

/**
 * Puts a plan on disk. The images don't wait for the model file to arrive, but until it is certain that it can be had:
 * a model without access leaves no folder that looks like one.
 * @throws what fails the model file or a document, once nothing is under way any more; images that fail are counted and
 * told only
 */
export async function carryOut(
  plan: Plan,
  versionId: number,
  deps: CarryOutDeps,
): Promise<{ readonly file: FileOutcome; readonly images: ImageCounts }> {
  const failing = new AbortController();
  const signal = AbortSignal.any([deps.signal, failing.signal]);
  const lock = lockOf(plan, { ...deps, signal });
  let images: Promise<ImageCounts> | undefined;
  const beginImages = () => {
    images ??= carryOutImages(plan.images, lock, { ...deps, signal });
    // Whoever awaits it hears of a failure, be it later.
    images.catch(() => {});
    return images;
  };
  try {
    const file = await carryOutModelFile(plan.modelFile, versionId, { ...deps, onOffered: beginImages });
    await lock.use(() => writeDocuments(plan, lock.path));
    return { file, images: await beginImages() };
  } catch (error) {
    failing.abort(error);
    await images?.catch(() => {});
    throw error;
  }
}

/** Of two that are at the documents and images of one version, the second finds what the first has made. */
function lockOf({ documents: [metadata] }: Plan, { lock, signal }: CarryOutDeps): SharedLock {
  return new SharedLock(beside(metadata?.target ?? '', LOCK), lock, signal);
}

/** Every run writes them anew, so they need not outlast a power loss. */
async function writeDocuments({ documents }: Plan, lock: string): Promise<void> {
  await Promise.all(
    documents.map(({ target, content }) => writeAtomic(target, content, { durable: false, lock })),
  );
}

async function carryOutImages(
  tasks: readonly ImageTask[],
  lock: SharedLock,
  deps: CarryOutDeps,
): Promise<ImageCounts> {
  const counts = { fetched: 0, present: 0, failed: 0 };
  if (tasks.length === 0) return counts;
  deps.emit({ type: 'images-started', count: tasks.length });
  const missing = await missingOf(tasks);
  counts.present = present(tasks.length - missing.length, deps);
  const fetchMissing = async () => {
    const rest = await missingOf(missing);
    counts.present += present(missing.length - rest.length, deps);
    await Promise.all(rest.map(async (task) => counts[await fetchImage(task, lock.path, deps)]++));
  };
  if (missing.length > 0) {
    await lock.use(fetchMissing).catch((error: unknown) => {
      deps.signal.throwIfAborted();
      for (const _ of missing) deps.emit({ type: 'image-finished', error });
      counts.failed += missing.length;
    });
  }
  deps.emit({ type: 'images-finished' });
  return counts;
}

async function missingOf(tasks: readonly ImageTask[]): Promise<readonly ImageTask[]> {
  const folders = new Map<string, Promise<ReadonlySet<string>>>();
  for (const { directory } of tasks) if (!folders.has(directory)) folders.set(directory, namesIn(directory));
  const found = await Promise.all(
    tasks.map(async (task) => findMedia(task, (await folders.get(task.directory)) ?? new Set())),
  );
  return tasks.filter((_, index) => found[index] === undefined);
}

/** Tells of images that are there already. */
function present(count: number, { emit }: CarryOutDeps): number {
  for (let told = 0; told < count; told++) emit({ type: 'image-finished' });
  return count;
}

async function fetchImage(
  task: ImageTask,
  lock: string,
  { imageSlots, mayFetch, ...deps }: CarryOutDeps,
): Promise<'fetched' | 'failed'> {
  try {
    await mayFetch();
    await imageSlots.use(async () => {
      deps.signal.throwIfAborted();
      await fetchMedia(task, { ...deps, lock });
    });
    deps.emit({ type: 'image-finished' });
    return 'fetched';
  } catch (error) {
    deps.signal.throwIfAborted();
    deps.emit({ type: 'image-finished', error });
    return 'failed';
  }
}
