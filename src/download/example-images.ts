import type { ImagesQuery } from '../civitai/client.js';
import { allowedImages, ImageIndex, mergeImages } from '../civitai/images.js';
import type { ExampleImage, Model, ModelVersion } from '../civitai/model.js';
import type { RunContext } from './context.js';

/** Images that a model's own endpoint lists at most for each version. */
const MAX_LISTED = 20;
/** Images with generation data that a version's own endpoint returns at most. */
const IMAGES_OF_VERSION = 10;
/** A server that ignores the creator would send the images of all users. */
const MAX_PAGES = 10;

/**
 * Adds what the endpoints of models and versions leave out, from the endpoint of images: generation data, and more
 * images of the creator than a model lists.
 * @param warn called with the error of a page; the result is then what was known before
 */
export async function withAllImages(
  model: Model,
  version: ModelVersion,
  run: RunContext,
  warn: (error: unknown) => void,
): Promise<ModelVersion> {
  const { maxImages, nsfwMode } = run.options;
  // Without a creator, nothing tells the creator's images from those of other users.
  const wantsMore = model.creator !== undefined && hasUnlistedImages(version, maxImages);
  let missing = withoutGenerationData(model, version, run);
  let { images } = version;
  const isComplete = () =>
    missing.length === 0 && !(wantsMore && allowedImages(model, images, nsfwMode).length < maxImages);
  try {
    for (const pages = new ImagePages(version.id, model.creator, run); !isComplete() && pages.hasNext; ) {
      const page = await pages.next();
      const found = new ImageIndex(page);
      images = mergeImages(images, page);
      missing = missing.filter((image) => !found.find(image));
      if (wantsMore) images = [...images, ...newImages(images, page, model.creator)];
    }
  } catch (error) {
    run.signal.throwIfAborted();
    warn(error);
  }
  return { ...version, images };
}

/** A version that lists fewer has no others. */
function hasUnlistedImages({ images }: ModelVersion, maxImages: number): boolean {
  return maxImages > MAX_LISTED && maxImages > images.length && images.length >= IMAGES_OF_VERSION;
}

/** Returns the images to download that lack the generation data that another endpoint may have. */
function withoutGenerationData(
  model: Model,
  { images }: ModelVersion,
  { options }: RunContext,
): readonly ExampleImage[] {
  if (!options.withPrompt) return [];
  const hasPage = new Set(images.slice(0, IMAGES_OF_VERSION));
  const chosen = allowedImages(model, images, options.nsfwMode).slice(0, options.maxImages);
  return chosen.filter((image) => !image.json.meta && (image.json.hasMeta === true || !hasPage.has(image)));
}

function newImages(
  known: readonly ExampleImage[],
  page: readonly ExampleImage[],
  creator: string | undefined,
): readonly ExampleImage[] {
  const index = new ImageIndex(known);
  return page.filter((image) => isBy(image, creator) && !index.find(image));
}

function isBy({ json: { username } }: ExampleImage, creator: string | undefined): boolean {
  return typeof username === 'string' && username.toLowerCase() === creator?.toLowerCase();
}

/** The pages of the endpoint of images. */
class ImagePages {
  readonly #versionId: number;
  readonly #creator: string | undefined;
  readonly #run: RunContext;
  readonly #cursors = new Set<string>();
  #query: ImagesQuery | undefined;

  constructor(versionId: number, creator: string | undefined, run: RunContext) {
    this.#versionId = versionId;
    this.#creator = creator;
    this.#run = run;
    this.#query = { creator };
  }

  get hasNext(): boolean {
    return this.#query !== undefined;
  }

  async next(): Promise<readonly ExampleImage[]> {
    const { client, signal } = this.#run;
    const { items, nextCursor } = await client.getImages(this.#versionId, this.#query ?? {}, signal);
    // A cursor that comes twice would never end.
    const isLast =
      nextCursor === undefined || this.#cursors.has(nextCursor) || this.#cursors.size + 1 >= MAX_PAGES;
    this.#query = isLast ? undefined : { creator: this.#creator, cursor: nextCursor };
    if (nextCursor !== undefined) this.#cursors.add(nextCursor);
    return items;
  }
}
