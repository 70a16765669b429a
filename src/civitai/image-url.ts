import type { ExampleImage } from './model.js';

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
