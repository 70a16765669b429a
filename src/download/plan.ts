import { basename, dirname, join } from 'node:path';
import { allowedImages, imageId, originalUrl } from '../civitai/images.js';
import type { ApiJson, ExampleImage, Model, ModelFile, ModelVersion } from '../civitai/model.js';
import { caseKey, fitName, safeName, splitName } from '../disk/safe-name.js';
import type { Options } from '../options.js';
import type { Directories } from '../sorter/sorter.js';
import { MEDIA_EXTENSIONS } from '../transfer/media.js';
import { createTargetNames, type TargetNames } from './target-names.js';

/** All files that one download writes, with their paths. */
export interface Plan {
  readonly modelFile: ModelFileTask | undefined;
  readonly documents: readonly DocumentTask[];
  readonly images: readonly ImageTask[];
}

export interface ModelFileTask {
  readonly file: ModelFile;
  readonly versionId: number;
  readonly target: string;
}

interface DocumentTask {
  readonly target: string;
  readonly content: string;
}

export interface ImageTask {
  readonly url: URL;
  readonly directory: string;
  /** File name without the extension, which depends on the bytes. */
  readonly stem: string;
}

export interface SelectedFile {
  readonly model: Model;
  readonly version: ModelVersion;
  readonly file: ModelFile;
}

export interface PlanInput extends SelectedFile {
  readonly directories: Directories;
  /** The model file's path, if it exists under another name than its own. */
  readonly target?: string | undefined;
  readonly options: Pick<Options, 'maxImages' | 'nsfwMode' | 'withPrompt' | 'withoutModel'>;
  readonly shared?: SharedParts;
}

/** What the plans of several files of one version have in common, made once: a version may have a thousand files. */
export interface SharedParts {
  readonly namesOf: (file: ModelFile) => TargetNames;
  /** The names of all files of the version, as keys that ignore case. */
  readonly currentNames: ReadonlySet<string>;
  /** Text of the model's metadata. */
  readonly metadata: string;
}

export function createSharedParts(model: Model, version: ModelVersion): SharedParts {
  const namesOf = createTargetNames(model, version);
  const currentNames = version.files.map((file) => namesOf(file).file);
  return {
    namesOf,
    currentNames: new Set(currentNames.map(({ stem, suffix }) => caseKey(fitName(stem, suffix)))),
    metadata: jsonOf(model.json),
  };
}

/** The metadata and the list of hashes, which come before the prompts. */
const OWN_DOCUMENTS = 2;

/** Plans one file of a version with its metadata and its images. Pure: uses neither disk nor network. */
export function plan(input: PlanInput): Plan {
  const { model, version, file, directories, options } = input;
  const { namesOf, metadata: metadataText } = input.shared ?? createSharedParts(model, version);
  const paths = new Paths();
  const names = namesOf(file);
  const ownTarget = paths.claim(directories.model, names.file.stem, names.file.suffix);
  const ownList = paths.claim(directories.model, names.list.stem, names.list.suffix);
  const { target = ownTarget } = input;
  const hashes = {
    target: target === ownTarget ? ownList : join(dirname(target), `${splitName(basename(target)).stem}.csv`),
    content: hashesOf(file),
  };
  const metadata = {
    target: paths.claim(directories.metadata, 'model_dict', `-mid_${model.id}-vid_${version.id}.json`),
    content: metadataText,
  };
  const chosen = allowedImages(model, version.images, options.nsfwMode).slice(0, options.maxImages);
  const images = chosen.map((image) => imageTasks(image, directories, paths));
  return {
    modelFile: options.withoutModel ? undefined : { file, versionId: version.id, target },
    documents: [metadata, hashes, ...(options.withPrompt ? images.map(({ prompt }) => prompt) : [])],
    images: images.map(({ image }) => image),
  };
}

/** Returns the plan without the images and their prompts. */
export function withoutImages(plan: Plan): Plan {
  return { ...plan, documents: plan.documents.slice(0, OWN_DOCUMENTS), images: [] };
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
    prompt: {
      target: paths.claim(directories.prompts, stem, '-prompt.json'),
      content: jsonOf(image.json),
    },
  };
}

function hashesOf(file: ModelFile): string {
  return ['hash_name, hash_id', ...[...file.hashes].map(([type, hash]) => `${type}, ${hash}`), ''].join('\n');
}

function jsonOf(json: ApiJson): string {
  return `${JSON.stringify(json, null, 2)}\n`;
}

/** The longest extension that an image may get. */
const LONGEST_EXTENSION = '.jpeg';

/** Paths of a plan, each used once. Names that differ only in case are one name on some file systems: the second gets `-2`. */
class Paths {
  readonly #taken = new Set<string>();

  claim(directory: string, stem: string, suffix: string): string {
    const withNumber = (number: string) => fitName(stem, `${number}${suffix}`);
    return join(directory, this.#firstFree(directory, withNumber, ['']));
  }

  /** Claims a name with an unknown extension: it is free with each that it may get. */
  claimStem(directory: string, stem: string): string {
    const withNumber = (number: string) =>
      fitName(stem, `${number}${LONGEST_EXTENSION}`).slice(0, -LONGEST_EXTENSION.length);
    return this.#firstFree(directory, withNumber, [
      '',
      ...MEDIA_EXTENSIONS.map((extension) => `.${extension}`),
    ]);
  }

  #firstFree(directory: string, name: (number: string) => string, extensions: readonly string[]): string {
    for (let count = 1; ; count++) {
      const candidate = name(count === 1 ? '' : `-${count}`);
      const keys = extensions.map((extension) => join(directory, caseKey(candidate + extension)));
      if (keys.some((key) => this.#taken.has(key))) continue;
      for (const key of keys) this.#taken.add(key);
      return candidate;
    }
  }
}
