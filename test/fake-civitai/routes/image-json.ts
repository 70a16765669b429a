import type { CatalogImage } from '../catalog/entry.js';
import { imageUuid } from '../server/catalog-index.js';
import type { ServerState } from '../server/state.js';

type Json = Record<string, unknown>;

/** The first part of all image URLs. */
const IMAGE_ACCOUNT = 'xG1nkqKTMzGDvpLrqFT7WA';

/** Returns an image as in a model's answer, without its generation data. */
export function imageJson(image: CatalogImage, state: ServerState): Json {
  return {
    url: imageUrl(image, state),
    nsfwLevel: image.nsfwLevel,
    width: 832,
    height: 1216,
    hash: 'U9ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    type: image.type,
    minor: false,
    poi: false,
    hasMeta: image.meta !== null,
    hasPositivePrompt: image.meta !== null,
    onSite: false,
    remixOfId: null,
  };
}

/** Returns an image as in a version's answer, with its generation data. */
export function imageJsonWithMeta(image: CatalogImage, state: ServerState): Json {
  return {
    ...imageJson(image, state),
    metadata: { size: 1_500_000, width: 832, height: 1216 },
    availability: 'Public',
    meta: image.meta,
  };
}

/** The extension depends on the type, not on the format of the bytes. */
function imageUrl(image: CatalogImage, { origins }: ServerState): string {
  const extension = image.type === 'video' ? 'mp4' : 'jpeg';
  const path = [IMAGE_ACCOUNT, imageUuid(image), 'original=true', `${image.name}.${extension}`];
  return `${origins.images}/${path.join('/')}`;
}
