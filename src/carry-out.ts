import { writeAtomic } from './atomic-file.js';
import type { FileOutcome } from './events.js';
import { carryOutModelFile, type ModelFileDeps } from './model-file.js';
import type { ImageTask, Plan } from './plan.js';
import { fetchMedia, findMedia } from './transfer/media.js';

export type CarryOutDeps = ModelFileDeps;

export interface ImageCounts {
  readonly fetched: number;
  readonly present: number;
  readonly failed: number;
}

/** As many images at a time as is polite to a host that serves everybody. */
const IMAGES_AT_A_TIME = 6;

/**
 * Puts a plan on disk. The model file comes first, so that a folder never looks complete without it.
 * @throws what fails the model file or a document; images that fail are counted and told only
 */
export async function carryOut(
  plan: Plan,
  versionId: number,
  deps: CarryOutDeps,
): Promise<{ readonly file: FileOutcome; readonly images: ImageCounts }> {
  const file = await carryOutModelFile(plan.modelFile, versionId, deps);
  for (const { target, content } of plan.documents) await writeAtomic(target, content);
  return { file, images: await carryOutImages(plan.images, deps) };
}

async function carryOutImages(tasks: readonly ImageTask[], deps: CarryOutDeps): Promise<ImageCounts> {
  const counts = { fetched: 0, present: 0, failed: 0 };
  if (tasks.length === 0) return counts;
  deps.emit({ type: 'images-started', count: tasks.length });
  const waiting = tasks.values();
  const worker = async () => {
    for (const task of waiting) counts[await carryOutImage(task, deps)]++;
  };
  await Promise.all(Array.from({ length: Math.min(tasks.length, IMAGES_AT_A_TIME) }, worker));
  deps.emit({ type: 'images-finished' });
  return counts;
}

async function carryOutImage(task: ImageTask, deps: CarryOutDeps): Promise<keyof ImageCounts> {
  try {
    const present = await findMedia(task);
    if (!present) await fetchMedia(task, deps);
    deps.emit({ type: 'image-finished' });
    return present ? 'present' : 'fetched';
  } catch (error) {
    deps.signal.throwIfAborted();
    deps.emit({ type: 'image-finished', error });
    return 'failed';
  }
}
