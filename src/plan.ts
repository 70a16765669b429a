import { join } from 'node:path';
import { primaryFile } from './civitai/choose.js';
import { imageId, originalUrl } from './civitai/image-url.js';
import type { ApiJson, ExampleImage, Model, ModelFile, ModelVersion } from './civitai/model.js';
import { allowedImages } from './civitai/nsfw.js';
import type { Options } from './options.js';
import { caseKey, fitName, safeName, splitName } from './sorter/names.js';
import type { Directories } from './sorter/sorter.js';

/** Everything that one download will put on disk, with all paths, before any byte of it is asked for. */
export interface Plan {
  readonly modelFile: ModelFileTask | undefined;
  /** Metadata, hashes and prompts: texts that are known already. */
  readonly documents: readonly DocumentTask[];
  readonly images: readonly ImageTask[];
}

export interface ModelFileTask {
  readonly file: ModelFile;
  readonly target: string;
}

export interface DocumentTask {
  readonly target: string;
  readonly content: string;
}

export interface ImageTask {
  readonly url: URL;
  readonly directory: string;
  /** File name without the extension, which only the bytes tell. */
  readonly stem: string;
}

export interface PlanInput {
  readonly model: Model;
  readonly version: ModelVersion;
  readonly file: ModelFile;
  readonly directories: Directories;
  readonly options: Pick<Options, 'maxImages' | 'nsfwMode' | 'withPrompt' | 'withoutModel'>;
}

/** Lays out one file of a version, its metadata and its images. Pure: asks neither disk nor network. */
export function plan({ model, version, file, directories, options }: PlanInput): Plan {
  const paths = new Paths();
  const base = `-mid_${model.id}-vid_${version.id}${sharesName(version, file) ? `-fid_${file.id}` : ''}`;
  const { stem, extension } = splitName(safeName(file.name, `file-${file.id}`));
  const target = paths.claim(directories.model, stem, `${base}${extension}`);
  const hashes = { target: paths.claim(directories.model, stem, `${base}.csv`), content: hashesOf(file) };
  const metadata = {
    target: paths.claim(directories.metadata, 'model_dict', `-mid_${model.id}-vid_${version.id}.json`),
    content: jsonOf(model.json),
  };
  const chosen = allowedImages(model, version.images, options.nsfwMode).slice(0, options.maxImages);
  const images = chosen.map((image) => imageTasks(image, directories, paths));
  return {
    modelFile: options.withoutModel ? undefined : { file, target },
    documents: [metadata, hashes, ...(options.withPrompt ? images.map(({ prompt }) => prompt) : [])],
    images: images.map(({ image }) => image),
  };
}

function imageTasks(
  image: ExampleImage,
  directories: Directories,
  paths: Paths,
): { readonly image: ImageTask; readonly prompt: DocumentTask } {
  const wanted = safeName(imageId(image.url), 'image');
  const stem = paths.claimStem(directories.images, wanted);
  return {
    image: { url: originalUrl(image), directory: directories.images, stem },
    prompt: { target: paths.claim(directories.prompts, stem, '-prompt.json'), content: jsonOf(image.json) },
  };
}

/** A file that is not the primary one and shares its name with another is told apart by its id, whatever else is asked for. */
function sharesName(version: ModelVersion, file: ModelFile): boolean {
  const nameOf = (other: ModelFile) => caseKey(safeName(other.name, `file-${other.id}`));
  if (primaryFile(version.files)?.id === file.id) return false;
  return version.files.some((other) => other.id !== file.id && nameOf(other) === nameOf(file));
}

function hashesOf(file: ModelFile): string {
  return ['hash_name, hash_id', ...[...file.hashes].map(([type, hash]) => `${type}, ${hash}`), ''].join('\n');
}

function jsonOf(json: ApiJson): string {
  return `${JSON.stringify(json, null, 2)}\n`;
}

/** Room for the longest extension that an image's bytes may ask for. */
const IMAGE_EXTENSION = '.jpeg';

/** Gives each name in a folder away once, compared without case, as some file systems do: a second one gets `-2`. */
class Paths {
  readonly #taken = new Set<string>();

  claim(directory: string, stem: string, suffix: string): string {
    return join(
      directory,
      this.#first(directory, (number) => fitName(stem, `${number}${suffix}`)),
    );
  }

  /** The same for a name whose extension is not known yet: no two differ in the extension only. */
  claimStem(directory: string, stem: string): string {
    const withNumber = (number: string) => fitName(stem, `${number}${IMAGE_EXTENSION}`);
    return this.#first(directory, (number) => withNumber(number).slice(0, -IMAGE_EXTENSION.length));
  }

  #first(directory: string, name: (number: string) => string): string {
    for (let count = 1; ; count++) {
      const candidate = name(count === 1 ? '' : `-${count}`);
      const key = join(directory, caseKey(candidate));
      if (this.#taken.has(key)) continue;
      this.#taken.add(key);
      return candidate;
    }
  }
}
