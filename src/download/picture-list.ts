import type { CivitaiClient } from '../civitai/client.js';
import type { ImageList } from '../civitai/list-requests.js';
import { type CivitdlError, NotFoundError } from '../errors.js';
import { referencesOfImage } from '../pictures/image-entry.js';
import { readPictureFile } from '../pictures/picture-file.js';
import { distinctReferences, type Reference } from '../pictures/reference.js';
import { type Resolution, resolveReferences } from '../pictures/resolve-references.js';
import { listedVersion, type VersionsContext } from './listed-versions.js';
import type { RunItem } from './run-item.js';
import type { SourceRequest } from './sources.js';

/** A model that a picture was made with, and that cannot be found. */
export interface Unresolved {
  readonly name: string;
  /** A NotFoundError if there is no such model; another error if it could not be looked up. */
  readonly error: CivitdlError;
}

export interface PictureModels {
  readonly items: readonly RunItem[];
  readonly unresolved: readonly Unresolved[];
}

export interface PicturesContext extends VersionsContext {
  readonly client: CivitaiClient;
  readonly signal: AbortSignal;
  /** Called with the number of versions so far. */
  readonly onProgress: (versions: number) => void;
}

/** Pages in a row without an image of the post after which it has ended: a server may send images of others forever. */
const MAX_EMPTY_PAGES = 3;

type ListOrigin = Pick<SourceRequest, 'list' | 'origin'>;

/**
 * Finds the versions that a picture on the disk was made with.
 * @throws UsageError when it is not a picture; NotFoundError when it names no model
 */
export async function readPicture(
  path: string,
  origin: ListOrigin,
  context: PicturesContext,
): Promise<PictureModels> {
  return findModels(await readPictureFile(path), origin, context);
}

/**
 * Finds the versions that images on Civitai were made with.
 * @param subject of error messages
 * @throws NotFoundError when there is no such image, or none of them names a model
 */
export async function readPostedImages(
  list: ImageList,
  subject: string,
  origin: ListOrigin,
  context: PicturesContext,
): Promise<PictureModels> {
  const { client, signal } = context;
  const references: Reference[] = [];
  const cursors = new Set<string>();
  let images = 0;
  let emptyPages = 0;
  let cursor: string | undefined;
  do {
    const page = await client.getPostedImages(list, cursor, signal);
    images += page.items.length;
    emptyPages = page.items.length > 0 ? 0 : emptyPages + 1;
    references.push(...page.items.flatMap(({ json }) => referencesOfImage(json)));
    // A single image is on the first page, or nowhere.
    cursor = 'imageId' in list ? undefined : page.nextCursor;
  } while (
    cursor !== undefined &&
    emptyPages < MAX_EMPTY_PAGES &&
    !cursors.has(cursor) &&
    cursors.add(cursor)
  );
  if (images === 0) throw new NotFoundError('not-found', `${subject} was not found, or is not public.`);
  if (references.length === 0)
    throw new NotFoundError('no-models', `${subject} does not say which models it was made with.`);
  return findModels(distinctReferences(references), origin, context);
}

async function findModels(
  references: readonly Reference[],
  origin: ListOrigin,
  context: PicturesContext,
): Promise<PictureModels> {
  const { client, signal, onProgress } = context;
  const { found, unresolved } = await resolveReferences(references, client, signal);
  const items: RunItem[] = [];
  for (const one of found) {
    items.push(await itemOfVersion(one, origin, context));
    onProgress(items.length);
  }
  return {
    items,
    unresolved: unresolved.map(({ name, reason, failure }) => ({
      name,
      error: failure ?? new NotFoundError('no-models', `Cannot find ${name} on Civitai: ${reason}.`),
    })),
  };
}

/** A version that cannot be found fails as an item of its own. */
async function itemOfVersion(
  { versionId, version: known }: Resolution['found'][0],
  origin: ListOrigin,
  context: PicturesContext,
): Promise<RunItem> {
  const { client, signal } = context;
  const version = known ?? (await client.getModelVersion(versionId, signal).catch(() => undefined));
  signal.throwIfAborted();
  if (version?.modelId === undefined) {
    const text = `https://civitai.com/model-versions/${versionId}`;
    return { request: { source: { kind: 'version', versionId }, text, ...origin } };
  }
  const { name = version.name, type = 'Other' } = version.model ?? {};
  const listed = listedVersion({ id: version.modelId, name, type }, version, origin, context);
  return { request: listed.request, listed, version };
}
