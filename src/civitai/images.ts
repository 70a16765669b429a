import type { ExampleImage, Model } from './model.js';

/** PG and PG-13. */
const SAFE = 1 | 2;

/** Whether an image may be shown to everybody. One that is not rated is not known to be safe. */
export function isSafe(level: number): boolean {
  return level !== 0 && (level & ~SAFE) === 0;
}

/**
 * The images of a version that a mode allows, in their order. Levels are bits, a model's is a union: its highest bit counts.
 * @param mode 0: only safe images; 1: safe ones, and others up to the model's own level; 2: all
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
  return level !== 0 && highestBit(level) <= highestBit(modelLevel);
}

function highestBit(level: number): number {
  return level === 0 ? -1 : 31 - Math.clz32(level);
}

/**
 * The URL of an image as it was uploaded. Its path is account, image, parameters and name, of which only the
 * parameters are ours to change: older answers have a width there, and with `original=true` alone a video comes as a
 * still picture.
 */
export function originalUrl(image: ExampleImage): URL {
  const url = new URL(image.url);
  const segments = url.pathname.split('/');
  const place = segments.length - 2;
  if (segments[place]?.includes('=')) {
    segments[place] = image.type === 'video' ? 'original=true,quality=100' : 'original=true';
    url.pathname = segments.join('/');
  }
  return url;
}

/** An image's id: the last part of its URL's path without the extension, which says nothing of the bytes. */
export function imageId(url: string): string {
  const name = new URL(url).pathname.split('/').at(-1) ?? '';
  return decoded(name.replace(/\.[^.]*$/, ''));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The images of the first list, with the second's entries for those that it has. */
export function mergeImages(
  listed: readonly ExampleImage[],
  own: readonly ExampleImage[],
): readonly ExampleImage[] {
  if (listed.length === 0) return own;
  const details = new Map(own.map((image) => [imageId(image.url), image]));
  return listed.map((image) => {
    const detail = details.get(imageId(image.url));
    return detail?.json.meta ? { ...image, json: { ...image.json, meta: detail.json.meta } } : image;
  });
}
