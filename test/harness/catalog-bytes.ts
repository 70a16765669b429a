import { type CatalogModel, catalog } from '../fake-civitai/catalog.js';
import { checksums, type HashType } from '../fake-civitai/content/checksums.js';
import { media } from '../fake-civitai/content/media.js';
import { bytesOf } from '../fake-civitai/server/catalog-index.js';

type File = CatalogModel['versions'][number]['files'][number];
type Image = CatalogModel['versions'][number]['images'][number];

const versions = catalog.flatMap((model) => model.versions);

/** Returns the right bytes of a file of the catalog. */
export function fileBytes(id: number): Buffer {
  const file = findFile(id);
  return bytesOf(file).read(0, file.size);
}

/** Returns the right checksum of a file of the catalog, as the API writes it. */
export function fileHash(id: number, type: Exclude<HashType, 'BLAKE3'>): string {
  return checksums(bytesOf(findFile(id)))[type];
}

/** Returns the right bytes of an image or video of the catalog. */
export function imageBytes(id: number): Buffer {
  const { format } = findImage(id);
  return media(format, `image ${id}`);
}

function findFile(id: number): File {
  return findById(
    versions.flatMap(({ files }) => files),
    id,
  );
}

function findImage(id: number): Image {
  return findById(
    versions.flatMap(({ images }) => images),
    id,
  );
}

function findById<T extends { readonly id: number }>(entries: readonly T[], id: number): T {
  const found = entries.find((entry) => entry.id === id);
  if (found === undefined) throw new Error(`The catalog has no ${id}.`);
  return found;
}
