import { parse } from 'node:path/posix';
import type { CatalogFile, CatalogImage, CatalogModel, CatalogVersion } from '../catalog/entry.js';
import { type Bytes, content } from '../content/content.js';

export interface IndexedVersion {
  readonly model: CatalogModel;
  readonly version: CatalogVersion;
}

/** Finds models, versions, files and images of a catalog by their ids and paths. */
export class CatalogIndex {
  readonly #models: ReadonlyMap<number, CatalogModel>;
  readonly #versions: ReadonlyMap<number, IndexedVersion>;
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

  models(): readonly CatalogModel[] {
    return [...this.#models.values()];
  }

  version(id: number): IndexedVersion | undefined {
    return this.#versions.get(id);
  }

  versions(): readonly IndexedVersion[] {
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

/** Returns the files of a version, followed by its linked VAE if any. */
export function filesOf(version: CatalogVersion, catalog: CatalogIndex): readonly CatalogFile[] {
  const vae = version.linkedVae === null ? undefined : catalog.file(version.linkedVae);
  return vae === undefined ? version.files : [...version.files, vae];
}

const STORAGE_FOLDER = '/model/777/';

/** Returns the path of a file on both storage hosts. Four characters before the extension make it unique. */
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

const contents = new Map<string, Bytes>();

/** Returns the bytes of a file: the same object for the same content, so that checksums are computed once. */
export function bytesOf({ seed, size, kind }: CatalogFile): Bytes {
  const key = `${seed} ${size} ${kind}`;
  const bytes = contents.get(key) ?? content(seed, size, kind);
  contents.set(key, bytes);
  return bytes;
}
