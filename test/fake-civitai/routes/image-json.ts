import type { CatalogImage } from '../catalog/entry.js';
import { imageUuid } from '../server/shelf.js';
import type { World } from '../server/world.js';

type Json = Record<string, unknown>;

/** The account key that all image URLs have as their first part. */
const IMAGE_ACCOUNT = 'xG1nkqKTMzGDvpLrqFT7WA';

/** As in a model's answer, without the data that it was generated from. */
export function imageJson(image: CatalogImage, world: World): Json {
  return {
    url: imageUrl(image, world),
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

/** As in a version's answer, with that data. */
export function imageJsonWithMeta(image: CatalogImage, world: World): Json {
  return {
    ...imageJson(image, world),
    metadata: { size: 1_500_000, width: 832, height: 1216 },
    availability: 'Public',
    meta: image.meta,
  };
}

/** The extension follows what the image is said to be, not what its bytes are. */
function imageUrl(image: CatalogImage, { origins }: World): string {
  const extension = image.type === 'video' ? 'mp4' : 'jpeg';
  const path = [IMAGE_ACCOUNT, imageUuid(image), 'original=true', `${image.name}.${extension}`];
  return `${origins.images}/${path.join('/')}`;
}
