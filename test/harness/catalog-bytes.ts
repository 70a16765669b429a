import { type CatalogModel, catalog } from '../fake-civitai/catalog.js';
import { checksums, type HashType } from '../fake-civitai/content/checksums.js';
import { media } from '../fake-civitai/content/media.js';
import { bytesOf } from '../fake-civitai/server/catalog-index.js';

type File = CatalogModel['versions'][number]['files'][number];
type Image = CatalogModel['versions'][number]['images'][number];

const versions = catalog.flatMap((model) => model.versions);

/** The true bytes of a file of the catalog. */
export function fileBytes(id: number): Buffer {
  const file = findFile(id);
  return bytesOf(file).read(0, file.size);
}

/** One of its true checksums, as the API writes it. */
export function fileHash(id: number, type: HashType): string {
  return checksums(bytesOf(findFile(id)))[type];
}

/** The true bytes of an example image or video. */
export function imageBytes(id: number): Buffer {
  const { format } = findImage(id);
  return media(format, `image ${id}`);
}

function findFile(id: number): File {
  return found(
    versions.flatMap(({ files }) => files).find((file) => file.id === id),
    id,
  );
}

function findImage(id: number): Image {
  return found(
    versions.flatMap(({ images }) => images).find((image) => image.id === id),
    id,
  );
}

function found<T>(thing: T | undefined, id: number): T {
  if (thing === undefined) throw new Error(`The catalog has no ${id}.`);
  return thing;
}
