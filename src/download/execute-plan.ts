import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { writeAtomic } from '../disk/atomic-write.js';
import { tryReadText } from '../disk/files.js';
import { sidecarPath } from '../disk/paths.js';
import { SharedLock } from '../disk/shared-lock.js';
import { fetchMedia, findMedia, readNames } from '../transfer/media.js';
import type { ItemHooks, RunContext } from './context.js';
import type { FileOutcome, ImageCounts } from './events.js';
import { ensureModelFile, findExisting } from './model-file.js';
import type { ImageTask, Plan } from './plan.js';
import { SidecarFiles } from './sidecar-files.js';

const LOCK = '.lock';

/**
 * Puts the files of a plan on disk. Images start when the server grants the model file: without access, no folder is
 * left that looks like a model. An image that fails is only counted and reported.
 * @throws the error of the model file or of a document, after everything that was started has ended
 */
export async function executePlan(
  plan: Plan,
  hooks: ItemHooks,
  run: RunContext,
): Promise<{ readonly file: FileOutcome; readonly images: ImageCounts }> {
  const [metadata] = plan.documents;
  // Of two processes at the same version, the second finds the files of the first.
  const lock = new SharedLock(sidecarPath(metadata?.target ?? '', LOCK), run.runtime.lock, run.signal);
  const sidecars = new SidecarFiles(plan.sidecars, lock, hooks, run);
  let images: Promise<ImageCounts> | undefined;
  const startImages = () => {
    images ??= ensureImages(plan.images, lock, hooks, run);
    // Awaited below, perhaps long after a failure.
    images.catch(() => {});
    return images;
  };
  try {
    const urlGranted = () => {
      void startImages();
      sidecars.start();
    };
    const beforeCommit = (path: string) => sidecars.write(path, true);
    const file = await ensureModelFile(plan.modelFile, { ...hooks, urlGranted, beforeCommit }, run);
    if (await isModelThere(plan, file, run)) await sidecars.write(plan.sidecars?.path ?? '', false);
    await writeDocuments(plan, lock, run);
    return { file, images: await startImages() };
  } catch (error) {
    // A later run can use the images.
    await images?.catch(() => {});
    throw error;
  }
}

/** Whether the model that the sidecars are about is on disk, also if it is not to be downloaded. */
async function isModelThere(
  { sidecars, sidecarModel }: Plan,
  { how }: FileOutcome,
  run: RunContext,
): Promise<boolean> {
  if (!sidecars || !sidecarModel) return false;
  if (how !== 'left-out') return true;
  const options = { ...run.options, modelOverwrite: false };
  return (await findExisting(sidecarModel, { ...run, options }))?.outcome !== undefined;
}

/** Documents need not survive a power loss: every run compares them. */
async function writeDocuments({ documents }: Plan, lock: SharedLock, { signal }: RunContext): Promise<void> {
  const changed = documents.filter(({ target, content }) => !hasContent(target, content));
  // An existing lock file may be left by a dead process; taking it over removes it.
  if (changed.length === 0 && !existsSync(lock.path)) return;
  const options = { lock: lock.path, durable: false, signal };
  await lock.use(async () => {
    await Promise.all(changed.map(({ target, content }) => writeAtomic(target, content, options)));
  });
}

/** The routes of the API send the same properties in different orders. */
function hasContent(target: string, content: string): boolean {
  const existing = tryReadText(target);
  if (existing === undefined || existing === content) return existing !== undefined;
  if (!target.endsWith('.json')) return false;
  try {
    return isDeepStrictEqual(JSON.parse(existing), JSON.parse(content));
  } catch {
    return false;
  }
}

type ReportImage = (outcome: keyof ImageCounts, error?: unknown) => void;

async function ensureImages(
  tasks: readonly ImageTask[],
  lock: SharedLock,
  hooks: ItemHooks,
  run: RunContext,
): Promise<ImageCounts> {
  const counts = { fetched: 0, present: 0, failed: 0 };
  if (tasks.length === 0) return counts;
  hooks.emit({ type: 'images-started', count: tasks.length });
  const report: ReportImage = (outcome, error) => {
    counts[outcome]++;
    hooks.emit({ type: 'image-finished', ...(error !== undefined && { error }) });
  };
  const missing = skipPresent(tasks, report);
  if (missing.length > 0) await fetchImages(missing, lock, report, run);
  hooks.emit({ type: 'images-finished' });
  return counts;
}

async function fetchImages(
  tasks: readonly ImageTask[],
  lock: SharedLock,
  report: ReportImage,
  run: RunContext,
): Promise<void> {
  const fail = (error: unknown) => {
    run.signal.throwIfAborted();
    report('failed', error);
  };
  let isLocked = false;
  try {
    await lock.use(async () => {
      isLocked = true;
      // Another process may have fetched some before it released the lock.
      const missing = skipPresent(tasks, report);
      const fetchOne = (task: ImageTask) =>
        fetchImage(task, lock.path, run).then(() => report('fetched'), fail);
      await Promise.all(missing.map(fetchOne));
    });
  } catch (error) {
    if (isLocked) throw error;
    for (const _task of tasks) fail(error);
  }
}

function skipPresent(tasks: readonly ImageTask[], report: ReportImage): readonly ImageTask[] {
  const missing = missingImages(tasks);
  for (const task of tasks) if (!missing.includes(task)) report('present');
  return missing;
}

function missingImages(tasks: readonly ImageTask[]): readonly ImageTask[] {
  const directories = [...new Set(tasks.map(({ directory }) => directory))];
  const names = new Map(directories.map((directory) => [directory, readNames(directory)]));
  return tasks.filter((task) => findMedia(task, names.get(task.directory) ?? new Set()) === undefined);
}

async function fetchImage(
  task: ImageTask,
  lock: string,
  { http, retry, signal, limits }: RunContext,
): Promise<void> {
  await limits.images.run(async () => {
    signal.throwIfAborted();
    await fetchMedia(task, { http, retry, signal, mediaBuffers: limits.imageBuffers, lock });
  });
}
