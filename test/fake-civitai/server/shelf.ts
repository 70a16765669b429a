import { parse } from 'node:path/posix';
import type { CatalogFile, CatalogImage, CatalogModel, CatalogVersion } from '../catalog/entry.js';
import { type Bytes, content } from '../content/content.js';

export interface VersionOnShelf {
  readonly model: CatalogModel;
  readonly version: CatalogVersion;
}

/** The catalog, to be looked up by any of its numbers. */
export class Shelf {
  readonly #models: ReadonlyMap<number, CatalogModel>;
  readonly #versions: ReadonlyMap<number, VersionOnShelf>;
  readonly #files: ReadonlyMap<number, CatalogFile>;
  readonly #images: ReadonlyMap<string, CatalogImage>;
  readonly #paths: ReadonlyMap<string, CatalogFile>;

  constructor(models: readonly CatalogModel[]) {
    const versions = models.flatMap((model) => model.versions.map((version) => ({ model, version })));
    this.#models = new Map(models.map((model) => [model.id, model]));
    this.#versions = new Map(versions.map((entry) => [entry.version.id, entry]));
    this.#files = new Map(versions.flatMap(({ version }) => version.files.map((file) => [file.id, file])));
    this.#paths = new Map([...this.#files.values()].map((file) => [storagePath(file), file]));
    this.#images = new Map(
      versions.flatMap(({ version }) => version.images.map((image) => [imageUuid(image), image])),
    );
  }

  model(id: number): CatalogModel | undefined {
    return this.#models.get(id);
  }

  version(id: number): VersionOnShelf | undefined {
    return this.#versions.get(id);
  }

  versions(): readonly VersionOnShelf[] {
    return [...this.#versions.values()];
  }

  file(id: number): CatalogFile | undefined {
    return this.#files.get(id);
  }

  fileAt(path: string): CatalogFile | undefined {
    return this.#paths.get(path.slice(path.indexOf(STORAGE_FOLDER)));
  }

  image(uuid: string): CatalogImage | undefined {
    return this.#images.get(uuid);
  }
}

/** The files of a version with the one that its creator linked to it, which comes last. */
export function filesOf(version: CatalogVersion, shelf: Shelf): readonly CatalogFile[] {
  const vae = version.linkedVae === null ? undefined : shelf.file(version.linkedVae);
  return vae === undefined ? version.files : [...version.files, vae];
}

const STORAGE_FOLDER = '/model/777/';

/** Where both storage hosts keep a file: four characters before the extension make the path its own. */
export function storagePath({ id, name }: CatalogFile): string {
  const { name: stem, ext } = parse(name);
  const mark = ((id * 7919) % 36 ** 4).toString(36).padStart(4, '0');
  return `${STORAGE_FOLDER}${plain(stem).slice(0, 40)}.${mark}.${plain(ext)}`;
}

function plain(text: string): string {
  return text.replace(/[^A-Za-z0-9]/g, '');
}

export function imageUuid({ id }: CatalogImage): string {
  return `${id.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
}

const made = new Map<string, Bytes>();

/** The bytes of a file: one object per content, so that its checksums are computed once. */
export function bytesOf({ seed, size, kind }: CatalogFile): Bytes {
  const key = `${seed} ${size} ${kind}`;
  const bytes = made.get(key) ?? content(seed, size, kind);
  made.set(key, bytes);
  return bytes;
}
