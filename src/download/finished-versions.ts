import { relative, resolve } from 'node:path';
import { cacheAdvice } from '../cache/cache.js';
import type { FinishedIndex, FinishedModelFile, FinishedVersion } from '../cache/finished-index.js';
import { pageUrl } from '../civitai/page-url.js';
import type { Resolved } from '../civitai/resolve.js';
import { trainedWordsOf } from '../civitai/trained-words.js';
import { fingerprint, sameFingerprint } from '../disk/fingerprint.js';
import { type CivitdlError, FileSystemError } from '../errors.js';
import type { Outcome } from './events.js';
import type { ListedItem } from './listed-item.js';

type DoneOutcome = Extract<Outcome, { status: 'done' }>;

/** A model file of a version, and what was written for it. */
export interface FinishedFile {
  readonly fileId: number;
  readonly done: Pick<DoneOutcome, 'file' | 'images'>;
  /** Absolute paths of the documents, images and sidecars. */
  readonly others: readonly string[];
  /** Whether sidecars are to be written as soon as somebody adds the model file. */
  readonly hasSidecars: boolean;
}

export interface FinishedVersionsOptions {
  readonly index: FinishedIndex;
  /** Absolute. */
  readonly rootDir: string;
  /** The same for runs that write the same files. */
  readonly settings: string;
  /** Whether to find nothing and only add: the run downloads everything again. */
  readonly isWriteOnly: boolean;
  readonly now: () => number;
  readonly warn: (error: CivitdlError) => void;
  /** Whether another warning has told why the index cannot be used. */
  readonly isSilent: boolean;
}

/**
 * Remembers which listed versions are finished, so that a later run needs no request for them. It only saves work, so a
 * failure is only a warning.
 */
export class FinishedVersions {
  readonly #options: FinishedVersionsOptions;
  #hasWarned: boolean;

  constructor(options: FinishedVersionsOptions) {
    this.#options = options;
    this.#hasWarned = options.isSilent;
  }

  /** Finds a version of which the list says the same as before, and whose files are all unchanged on disk. */
  async find(listed: ListedItem): Promise<FinishedVersion | undefined> {
    const { index, rootDir, settings, isWriteOnly } = this.#options;
    if (isWriteOnly || listed.digest === undefined) return undefined;
    const found = await this.#attempt(() => index.find(this.#keyOf(listed)));
    const isSame = found?.digest === listed.digest && found.settings === settings;
    return isSame && isUnchanged(found, rootDir) ? found : undefined;
  }

  /** Adds a version, after the last of its files was written. */
  async add(listed: ListedItem, resolved: Resolved, files: readonly FinishedFile[]): Promise<void> {
    const { index, rootDir, settings, now } = this.#options;
    if (listed.digest === undefined || !isWhole(resolved) || files.length === 0) return;
    const models = files.map((file) => modelFileOf(file, rootDir, now()));
    const paths = new Set(files.flatMap((file) => file.others));
    const others = [...paths].map((path) => {
      const state = fingerprint(path);
      return state && { path: relative(rootDir, path), size: state.size, mtimeNs: state.mtimeNs };
    });
    const finished = {
      settings,
      digest: listed.digest,
      trainedWords: trainedWordsOf(resolved.version),
      page: pageUrl(resolved.model, resolved.version),
      models: models.filter((model) => model !== undefined),
      others: others.filter((other) => other !== undefined),
    };
    // Something was removed while the run went on.
    if (finished.models.length < models.length || finished.others.length < others.length) return;
    await this.#attempt(() => index.put(this.#keyOf(listed), finished));
  }

  #keyOf({ version, files }: ListedItem) {
    return { rootDir: this.#options.rootDir, versionId: version.id, fileIds: files.map(({ id }) => id) };
  }

  async #attempt<T>(action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof FileSystemError)) throw error;
      if (!this.#hasWarned) this.#options.warn(unavailableError(error));
      this.#hasWarned = true;
      return undefined;
    }
  }
}

function unavailableError(cause: FileSystemError): FileSystemError {
  const message = `The record of finished models is unavailable, so they are looked up again. ${cause.message}${cacheAdvice(cause)}`;
  return new FileSystemError(cause.code, message, { cause });
}

/** Whether a version was resolved with all that the server has: a route can lack a new one for a while. */
function isWhole({ model, version }: Resolved): boolean {
  const hasOwnRoute = version.ownJson !== undefined || version.modelId !== undefined;
  return hasOwnRoute && !model.isListEntry;
}

/** Returns undefined if a later run has to look at the file again. */
function modelFileOf(
  { fileId, done, hasSidecars }: FinishedFile,
  rootDir: string,
  now: number,
): FinishedModelFile | undefined {
  const { file, images } = done;
  const count = images.fetched + images.present;
  if (file.how === 'left-out') return hasSidecars ? undefined : { fileId, images: count };
  const state = fingerprint(file.target);
  if (!state) return undefined;
  const isProof = file.verified !== undefined && (file.verified !== 'size' || file.how !== 'present');
  return {
    fileId,
    file: { path: relative(rootDir, file.target), ...state },
    verified: file.verified,
    checkedAt: file.checkedAt ?? (isProof ? now : undefined),
    images: count,
  };
}

/** Model files are compared as exactly as the index of files does; other programs may restore the others. */
function isUnchanged({ models, others }: FinishedVersion, rootDir: string): boolean {
  const isSameModel = ({ file }: FinishedModelFile) =>
    !file || sameFingerprint(file, fingerprint(resolve(rootDir, file.path)));
  return (
    models.every(isSameModel) &&
    others.every(({ path, size, mtimeNs }) => {
      const state = fingerprint(resolve(rootDir, path));
      return state?.size === size && state.mtimeNs === mtimeNs;
    })
  );
}
