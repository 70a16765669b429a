import { writeAtomic } from './atomic-file.js';
import type { FileOutcome } from './events.js';
import { carryOutModelFile, type ModelFileDeps } from './model-file.js';
import type { ImageTask, Plan } from './plan.js';
import type { Slots } from './slots.js';
import type { BlockPool } from './transfer/block-pool.js';
import { fetchMedia, findMedia, namesIn } from './transfer/media.js';

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

/** Every run writes them anew. */
const DOCUMENT = { durable: false };

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
  let images: Promise<ImageCounts> | undefined;
  const beginImages = () => {
    images ??= carryOutImages(plan.images, { ...deps, signal });
    // Whoever awaits it hears of a failure, be it later.
    images.catch(() => {});
    return images;
  };
  try {
    const file = await carryOutModelFile(plan.modelFile, versionId, { ...deps, onOffered: beginImages });
    await Promise.all(plan.documents.map(({ target, content }) => writeAtomic(target, content, DOCUMENT)));
    return { file, images: await beginImages() };
  } catch (error) {
    failing.abort(error);
    await images?.catch(() => {});
    throw error;
  }
}

async function carryOutImages(tasks: readonly ImageTask[], deps: CarryOutDeps): Promise<ImageCounts> {
  const counts = { fetched: 0, present: 0, failed: 0 };
  if (tasks.length === 0) return counts;
  deps.emit({ type: 'images-started', count: tasks.length });
  const folders = new Map<string, Promise<ReadonlySet<string>>>();
  for (const { directory } of tasks) if (!folders.has(directory)) folders.set(directory, namesIn(directory));
  const carryOutOne = async (task: ImageTask) => {
    const isThere = findMedia(task, (await folders.get(task.directory)) ?? new Set()) !== undefined;
    if (isThere) deps.emit({ type: 'image-finished' });
    counts[isThere ? 'present' : await fetchImage(task, deps)]++;
  };
  await Promise.all(tasks.map(carryOutOne));
  deps.emit({ type: 'images-finished' });
  return counts;
}

async function fetchImage(
  task: ImageTask,
  { imageSlots, mayFetch, ...deps }: CarryOutDeps,
): Promise<'fetched' | 'failed'> {
  try {
    await mayFetch();
    await imageSlots.use(async () => {
      deps.signal.throwIfAborted();
      await fetchMedia(task, deps);
    });
    deps.emit({ type: 'image-finished' });
    return 'fetched';
  } catch (error) {
    deps.signal.throwIfAborted();
    deps.emit({ type: 'image-finished', error });
    return 'failed';
  }
}
