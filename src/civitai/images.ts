import type { ExampleImage, Model } from './model.js';

/** PG and PG-13. */
const SAFE_LEVELS = 1 | 2;
/** Not a level, but a mark of moderators: most mature models have it next to their levels. */
const BLOCKED = 32;

/** Whether a level is safe for everyone; 0 (not rated) is not. */
export function isSafe(level: number): boolean {
  return level !== 0 && (level & ~SAFE_LEVELS) === 0;
}

/**
 * Returns the images that a mode allows.
 * @param mode 0: only safe images; 1: safe ones, and others up to the highest level of the model; 2: all
 */
export function allowedImages(
  model: Model,
  images: readonly ExampleImage[],
  mode: number,
): readonly ExampleImage[] {
  if (mode === 2) return images;
  return images.filter(
    ({ nsfwLevel }) => isSafe(nsfwLevel) || (mode === 1 && isWithin(nsfwLevel, model.nsfwLevel)),
  );
}

function isWithin(level: number, modelLevel: number): boolean {
  return level !== 0 && highestBit(level) <= highestBit(modelLevel & ~BLOCKED);
}

function highestBit(level: number): number {
  return level === 0 ? -1 : 31 - Math.clz32(level);
}

/**
 * Returns the URL of an image as it was uploaded. The path is account, image, parameters and name. Older responses
 * have a width in the parameters, and with `original=true` alone a video is sent as a still picture.
 */
export function originalUrl(image: ExampleImage): URL {
  const url = new URL(image.url);
  const segments = url.pathname.split('/');
  const index = segments.length - 2;
  if (segments[index]?.includes('=')) {
    segments[index] = image.type === 'video' ? 'original=true,quality=100' : 'original=true';
    url.pathname = segments.join('/');
  }
  return url;
}

/** A step of the image host's own ladder of widths, of about the size of a card. */
const PREVIEW_WIDTH = 'width=450';

/** Returns the URL of a small still of an image or video. */
export function previewUrl(image: ExampleImage): URL {
  return image.type === 'video'
    ? withParameters(image, `anim=false,transcode=true,${PREVIEW_WIDTH}`, 'jpeg')
    : withParameters(image, PREVIEW_WIDTH);
}

/** Returns the URL of a small version of a video. */
export function previewVideoUrl(image: ExampleImage): URL {
  return withParameters(image, `transcode=true,${PREVIEW_WIDTH}`, 'mp4');
}

function withParameters({ url: original }: ExampleImage, parameters: string, extension?: string): URL {
  const url = new URL(original);
  const segments = url.pathname.split('/');
  const index = segments.length - 2;
  if (!segments[index]?.includes('=')) return url;
  segments[index] = parameters;
  const name = segments.at(-1) ?? '';
  if (extension !== undefined) segments[segments.length - 1] = name.replace(/(\.[^.]*)?$/, `.${extension}`);
  url.pathname = segments.join('/');
  return url;
}

/** The extension is not part of the id: it may differ from the format of the bytes. */
export function imageId(url: string): string {
  const name = new URL(url).pathname.split('/').at(-1) ?? '';
  return decodeIfValid(name.replace(/\.[^.]*$/, ''));
}

function decodeIfValid(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Returns all that identifies an image. The endpoints give different URLs to the same image: some end in its numeric id,
 * others in its UUID or in the name of the uploaded file, and only some entries have an `id`.
 */
function imageKeys({ url, json: { id } }: ExampleImage): readonly string[] {
  const name = imageId(url);
  const numbers = [typeof id === 'number' ? String(id) : '', name].filter((text) => /^\d+$/.test(text));
  const uuids = [...new URL(url).pathname.split('/'), name].filter((part) => UUID.test(part));
  const keys = [...numbers.map((one) => `id ${one}`), ...uuids.map((one) => `uuid ${one.toLowerCase()}`)];
  return keys.length > 0 ? keys : [`name ${name}`];
}

/** Images by all that identifies them. */
export class ImageIndex {
  readonly #images = new Map<string, ExampleImage>();

  constructor(images: readonly ExampleImage[]) {
    for (const image of images) for (const key of imageKeys(image)) this.#images.set(key, image);
  }

  find(image: ExampleImage): ExampleImage | undefined {
    return imageKeys(image)
      .map((key) => this.#images.get(key))
      .find((found) => found !== undefined);
  }
}

/** Adds the generation data of the second list's images to those of the first; returns the second if the first is empty. */
export function mergeImages(
  listed: readonly ExampleImage[],
  detailed: readonly ExampleImage[],
): readonly ExampleImage[] {
  if (listed.length === 0) return detailed;
  const details = new ImageIndex(detailed);
  return listed.map((image) => {
    const meta = details.find(image)?.json.meta;
    return meta ? { ...image, json: { ...image.json, meta } } : image;
  });
}
