import { existsSync } from 'node:fs';
import { writeAtomic } from '../disk/atomic-write.js';
import { tryReadText } from '../disk/files.js';
import { sidecarPath } from '../disk/paths.js';
import { SharedLock } from '../disk/shared-lock.js';
import type { BufferPool } from '../disk/write-buffer.js';
import { fetchMedia, findMedia, namesIn } from '../transfer/media.js';
import type { FileOutcome } from './events.js';
import { ensureModelFile, type ModelFileDeps } from './model-file.js';
import type { ImageTask, Plan } from './plan.js';
import type { Semaphore } from './semaphore.js';

export interface ExecuteDeps extends Omit<ModelFileDeps, 'urlGranted'> {
  /** Limits the images that are fetched at a time in the whole run. */
  readonly imageSlots: Semaphore;
  /** Memory for them. */
  readonly mediaBlocks: BufferPool;
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
export async function executePlan(
  plan: Plan,
  versionId: number,
  deps: ExecuteDeps,
): Promise<{ readonly file: FileOutcome; readonly images: ImageCounts }> {
  const [metadata] = plan.documents;
  // Of two processes that are at one version, the second finds what the first has made.
  const lock = new SharedLock(sidecarPath(metadata?.target ?? '', LOCK), deps.lock, deps.signal);
  let images: Promise<ImageCounts> | undefined;
  const beginImages = () => {
    images ??= ensureImages(plan.images, lock, deps);
    // Whoever awaits it hears of a failure, be it later.
    images.catch(() => {});
    return images;
  };
  try {
    const file = await ensureModelFile(plan.modelFile, versionId, { ...deps, urlGranted: beginImages });
    await writeDocuments(plan, lock);
    return { file, images: await beginImages() };
  } catch (error) {
    // What has begun of them is of use to a later run, or to another file of the version.
    await images?.catch(() => {});
    throw error;
  }
}

/** They need not outlast a power loss at once: every run compares them. */
async function writeDocuments({ documents }: Plan, lock: SharedLock): Promise<void> {
  const changed = documents.filter(({ target, content }) => tryReadText(target) !== content);
  // One that is there may be a dead process's, which goes when it is taken over.
  if (changed.length === 0 && !existsSync(lock.path)) return;
  const options = { lock: lock.path, durable: false };
  await lock.use(async () => {
    await Promise.all(changed.map(({ target, content }) => writeAtomic(target, content, options)));
  });
}

async function ensureImages(
  tasks: readonly ImageTask[],
  lock: SharedLock,
  deps: ExecuteDeps,
): Promise<ImageCounts> {
  const counts = { fetched: 0, present: 0, failed: 0 };
  if (tasks.length === 0) return counts;
  deps.emit({ type: 'images-started', count: tasks.length });
  const tell = (outcome: keyof ImageCounts, error?: unknown) => {
    counts[outcome]++;
    deps.emit({ type: 'image-finished', ...(error !== undefined && { error }) });
  };
  const missing = missingImages(tasks);
  for (const task of tasks) if (!missing.includes(task)) tell('present');
  if (missing.length > 0) await fetchImages(missing, lock, deps, tell);
  deps.emit({ type: 'images-finished' });
  return counts;
}

async function fetchImages(
  tasks: readonly ImageTask[],
  lock: SharedLock,
  deps: ExecuteDeps,
  tell: (outcome: keyof ImageCounts, error?: unknown) => void,
): Promise<void> {
  const fail = (error: unknown) => {
    deps.signal.throwIfAborted();
    tell('failed', error);
  };
  let isLocked = false;
  try {
    await lock.use(async () => {
      isLocked = true;
      // Somebody else may have been at it.
      const missing = missingImages(tasks);
      for (const task of tasks) if (!missing.includes(task)) tell('present');
      const fetchOne = (task: ImageTask) =>
        fetchImage(task, lock.path, deps).then(() => tell('fetched'), fail);
      await Promise.all(missing.map(fetchOne));
    });
  } catch (error) {
    if (isLocked) throw error;
    for (const _task of tasks) fail(error);
  }
}

/** Each folder is read once, however many images are to lie in it. */
function missingImages(tasks: readonly ImageTask[]): readonly ImageTask[] {
  const directories = [...new Set(tasks.map(({ directory }) => directory))];
  const names = new Map(directories.map((one) => [one, namesIn(one)]));
  return tasks.filter((task) => findMedia(task, names.get(task.directory) ?? new Set()) === undefined);
}

async function fetchImage(
  task: ImageTask,
  lock: string,
  { imageSlots, waitForSlot, ...deps }: ExecuteDeps,
): Promise<void> {
  await waitForSlot();
  await imageSlots.run(async () => {
    deps.signal.throwIfAborted();
    await fetchMedia(task, { ...deps, lock });
  });
}
