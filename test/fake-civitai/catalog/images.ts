import { image, model, plainVersion, video } from './build.js';
import type { CatalogImage, CatalogModel } from './entry.js';
import { ids } from './ids.js';

/** Models with special example images. */
export const imageModels: readonly CatalogModel[] = [
  illustrated(ids.noImages, 'No Images', []),
  illustrated(ids.deadImage, 'Dead Image', [
    image({ id: 4000101 }),
    image({ id: 4000102, state: 'dead' }),
    image({ id: 4000103 }),
  ]),
  illustrated(ids.twinImages, 'Twin Images', [
    image({ id: 4000201, name: 'twin' }),
    image({ id: 4000202, name: 'twin' }),
  ]),
  illustrated(ids.manyImages, 'Many Images', [
    ...Array.from({ length: 12 }, (_, index) => image({ id: 4000301 + index })),
    image({ id: 4000399, byOwner: false }),
  ]),
  illustrated(
    ids.levels,
    'Levels',
    [
      image({ id: 4000401, nsfwLevel: 1 }),
      image({ id: 4000402, nsfwLevel: 4 }),
      image({ id: 4000403, nsfwLevel: 0 }),
      image({ id: 4000404, nsfwLevel: 32 }),
    ],
    5,
  ),
  illustrated(ids.onlyMature, 'Only Mature', [
    image({ id: 4000501, nsfwLevel: 8 }),
    image({ id: 4000502, nsfwLevel: 16 }),
  ]),
  illustrated(ids.formats, 'Formats', [
    image({ id: 4000601, format: 'png' }),
    image({ id: 4000602, format: 'webp' }),
    video({ id: 4000603 }),
    image({ id: 4000604, state: 'moved' }),
  ]),
];

function illustrated(
  { model: id, version }: { model: number; version: number },
  name: string,
  images: readonly CatalogImage[],
  nsfwLevel?: number,
): CatalogModel {
  return model({
    id,
    name,
    versions: [plainVersion(version, nsfwLevel === undefined ? { images } : { images, nsfwLevel })],
  });
}
