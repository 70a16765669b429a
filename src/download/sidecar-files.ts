import { constants, copyFileSync, linkSync, renameSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import { exists, statIfExists, tryRemove } from '../disk/files.js';
import { caseKey } from '../disk/safe-name.js';
import type { SharedLock } from '../disk/shared-lock.js';
import { hashTensors, readHeader } from '../sidecars/header.js';
import { neededBytes, writeSidecars } from '../sidecars/sidecars.js';
import { fetchMedia, readNames } from '../transfer/media.js';
import type { ItemHooks, RunContext } from './context.js';
import type { PreviewTask, SidecarPlan } from './sidecar-plan.js';

/** Writes what applications read next to a model, before the model gets its name: they read it at first sight only. */
export class SidecarFiles {
  readonly #plan: SidecarPlan | undefined;
  readonly #lock: SharedLock;
  readonly #hooks: ItemHooks;
  readonly #run: RunContext;
  #preview: Promise<void> | undefined;
  #isWritten = false;

  constructor(plan: SidecarPlan | undefined, lock: SharedLock, hooks: ItemHooks, run: RunContext) {
    this.#plan = plan;
    this.#lock = lock;
    this.#hooks = hooks;
    this.#run = run;
  }

  /** Starts to fetch the preview. */
  start(): void {
    if (this.#plan?.preview) this.#preview ??= this.#ensurePreview(this.#plan.preview);
    // Awaited by `write`, perhaps long after a failure.
    this.#preview?.catch(() => {});
  }

  /**
   * Writes all files, once. What fails is only reported.
   * @param content path of the model's bytes
   * @param isNew whether the model was not there before
   */
  async write(content: string, isNew: boolean): Promise<void> {
    const plan = this.#plan;
    if (!plan || this.#isWritten) return;
    this.#isWritten = true;
    this.start();
    await this.#preview?.catch((error: unknown) => this.#warn(error));
    try {
      await this.#writeAll(plan, content, isNew);
    } catch (error) {
      this.#warn(error);
    }
  }

  async #writeAll(plan: SidecarPlan, content: string, isNew: boolean): Promise<void> {
    const { signal, runtime } = this.#run;
    const needed = neededBytes(plan.tasks, isNew);
    const isReadable = needed.tensorSha256 || needed.headerMetadata;
    const header = isReadable && /\.(safetensors|sft)$/i.test(plan.path) ? readHeader(content) : undefined;
    const facts = {
      ...plan.details,
      path: plan.path,
      hashes: plan.hashes,
      sizeBytes: statIfExists(content)?.size ?? 0,
      tensorSha256: header && needed.tensorSha256 ? await hashTensors(content, header, signal) : undefined,
      headerMetadata: needed.headerMetadata ? header?.metadata : undefined,
      previewNsfwLevel: plan.preview?.nsfwLevel ?? 0,
      now: runtime.now(),
    };
    const warn = (error: unknown) => this.#warn(error);
    await this.#lock.use(() => writeSidecars(plan.tasks, facts, { lock: this.#lock.path, warn }));
  }

  #warn(error: unknown): void {
    this.#run.signal.throwIfAborted();
    this.#hooks.emit({ type: 'warned', error, consequence: 'The model itself is complete.' });
  }

  async #ensurePreview(task: PreviewTask): Promise<void> {
    if (hasPicture(task.stem)) return;
    // Another process may have fetched one before it released the lock.
    const fetchMissing = async () => hasPicture(task.stem) || this.#fetchPreview(task);
    await this.#run.limits.images.run(() => this.#lock.use(fetchMissing));
  }

  async #fetchPreview(task: PreviewTask): Promise<void> {
    this.#run.signal.throwIfAborted();
    const stem = `${task.stem}.preview`;
    for (const url of task.urls) {
      const path = await this.#fetch(url, stem);
      const extension = extname(path).slice(1);
      if (extension === 'jpeg' || extension === 'png') {
        placePreview(path, extension, task);
        if (task.videoUrl) await this.#fetchVideo(task.videoUrl, stem);
        return;
      }
      // Nothing promises that a picture of another kind is shown.
      tryRemove(path);
    }
  }

  async #fetchVideo(url: URL, stem: string): Promise<void> {
    const path = await this.#fetch(url, stem);
    // The host can send a moving picture, which not all readers show, or the still again.
    if (!/\.(mp4|webm|jpeg|png)$/.test(path)) tryRemove(path);
  }

  #fetch(url: URL, stem: string): Promise<string> {
    const { http, retry, signal, limits } = this.#run;
    const context = { http, retry, signal, mediaBuffers: limits.imageBuffers, lock: this.#lock.path };
    return fetchMedia({ url, directory: dirname(stem), stem: basename(stem) }, context);
  }
}

const PICTURE = /^(\.preview)?\.(png|jpe?g|webp|gif|bmp|tiff?|svg|avif|jxl|jp2|mp4|webm)$/i;

function hasPicture(stem: string): boolean {
  return picturesOf(stem, readNames(dirname(stem))).length > 0;
}

/**
 * Returns a model's pictures under all names that some application reads, compared as on systems that ignore case;
 * thumbnails are made by applications.
 * @param stem path of the model without its extension
 * @param names of the files in its folder
 */
export function picturesOf(stem: string, names: ReadonlySet<string>): readonly string[] {
  const key = caseKey(basename(stem));
  return [...names].filter((one) => {
    const name = caseKey(one);
    return name.startsWith(key) && PICTURE.test(name.slice(key.length));
  });
}

/** Gives a picture its second name, or another one. */
function placePreview(
  path: string,
  extension: 'jpeg' | 'png',
  { stem, names, isEmbedding }: PreviewTask,
): void {
  // A1111 would load a PNG among embeddings as an embedding, unless it is named as a preview.
  const isPlain = names.includes('plain') && !(isEmbedding && extension === 'png');
  if (!isPlain) return;
  const plain = `${stem}.${extension === 'jpeg' ? 'jpg' : extension}`;
  if (names.includes('preview')) linkOrCopy(path, plain);
  else renameSync(path, plain);
}

/** Never replaces a picture that was put there meanwhile. */
function linkOrCopy(path: string, target: string): void {
  try {
    linkSync(path, target);
  } catch {
    if (!exists(target)) copyFileSync(path, target, constants.COPYFILE_EXCL);
  }
}
