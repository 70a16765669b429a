import { basename, dirname, join } from 'node:path';
import { idsInName } from '../cache/entry.js';
import { hasWeights } from '../cache/model-files.js';
import { allowedImages, imageId, originalUrl } from '../civitai/images.js';
import type { ApiJson, ExampleImage, Model, ModelFile, ModelVersion } from '../civitai/model.js';
import { primaryFile } from '../civitai/select-files.js';
import { caseKey, fitName, safeName, splitName } from '../disk/safe-name.js';
import type { Options } from '../options/options.js';
import type { AppSidecars } from '../sidecars/app-sidecars.js';
import type { Directories } from '../sorter/sorter.js';
import { MEDIA_EXTENSIONS } from '../transfer/media.js';
import { planSidecarFiles, type SidecarPlan } from './sidecar-plan.js';
import {
  type ChosenTarget,
  createOriginalNames,
  createTargetNames,
  type TargetNames,
} from './target-names.js';

/** All files that one download writes, with their paths. */
export interface Plan {
  readonly modelFile: ModelFileTask | undefined;
  readonly documents: readonly DocumentTask[];
  readonly images: readonly ImageTask[];
  /** The files for applications next to the model; undefined if there are none. */
  readonly sidecars?: SidecarPlan | undefined;
  /** The model that the sidecars are about, also if it is not to be downloaded. */
  readonly sidecarModel?: ModelFileTask | undefined;
}

export interface ModelFileTask {
  readonly file: ModelFile;
  readonly modelId: number;
  readonly versionId: number;
  readonly target: string;
  /** Whether nothing may be at the target. */
  readonly mustBeFree?: boolean;
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
  /** The path of the model file; its name has the ids of model and version by default. */
  readonly chosen?: ChosenTarget | undefined;
  /** The files to write next to the model; none by default. */
  readonly sidecars?: AppSidecars | undefined;
  readonly options: Pick<Options, 'maxImages' | 'nsfwMode' | 'withPrompt' | 'withoutModel'>;
  readonly shared?: SharedParts;
}

/** The parts that the plans of all files of one version share, created once: a version may have a thousand files. */
export interface SharedParts {
  readonly namesOf: (file: ModelFile) => TargetNames;
  /** The names of all files of the version, as keys that ignore case. */
  readonly currentNames: ReadonlySet<string>;
  /** Names without ids, the preferred one first. */
  readonly originalNamesOf: (file: ModelFile) => readonly string[];
  /** Text of the model's metadata. */
  readonly metadata: string;
}

/** @param hasSidecars whether names that differ only in the extension count as the same */
export function createSharedParts(model: Model, version: ModelVersion, hasSidecars: boolean): SharedParts {
  const namesOf = createTargetNames(model, version, hasSidecars);
  const currentNames = version.files.map((file) => namesOf(file).file);
  return {
    namesOf,
    currentNames: new Set(currentNames.map(({ stem, suffix }) => caseKey(fitName(stem, suffix)))),
    originalNamesOf: createOriginalNames(version),
    metadata: jsonOf(model.json),
  };
}

/** The metadata and the list of hashes, which come before the prompts. */
const OWN_DOCUMENTS = 2;

/** Plans one file of a version with its metadata and its images. Pure: uses neither disk nor network. */
export function plan(input: PlanInput): Plan {
  const { model, version, file, directories, chosen, options } = input;
  const hasSidecars = (input.sidecars?.formats.length ?? 0) > 0;
  const shared = input.shared ?? createSharedParts(model, version, hasSidecars);
  const paths = new Paths();
  const names = chosen ? chosenNames(chosen, file) : shared.namesOf(file);
  const directory = chosen ? dirname(chosen.target) : directories.model;
  const claimed = paths.claim(directory, names.file.stem, names.file.suffix);
  const target = chosen?.target ?? claimed;
  const hashes = {
    target: paths.claim(directory, names.list.stem, names.list.suffix),
    content: hashesOf(file),
  };
  const metadata = {
    target: paths.claim(directories.metadata, 'model_dict', `-mid_${model.id}-vid_${version.id}.json`),
    content: shared.metadata,
  };
  const allowed = allowedImages(model, version.images, options.nsfwMode);
  const examples = allowed.slice(0, options.maxImages);
  const images = examples.map((image) => imageTasks(image, directories, paths));
  const task: ModelFileTask = {
    file,
    modelId: model.id,
    versionId: version.id,
    target,
    ...(chosen?.mustBeFree && { mustBeFree: true }),
  };
  // Without example images there is no preview, either.
  const shown = examples.length > 0 ? allowed : [];
  const sidecars =
    input.sidecars && sidecarsOf({ ...input, sidecars: input.sidecars, shared }, target, shown);
  return {
    ...(sidecars && { sidecars, sidecarModel: task }),
    modelFile: options.withoutModel ? undefined : task,
    documents: [metadata, hashes, ...(options.withPrompt ? images.map(({ prompt }) => prompt) : [])],
    images: images.map(({ image }) => image),
  };
}

/** Returns the plan without the images and their prompts. */
export function withoutImages(plan: Plan): Plan {
  return { ...plan, documents: plan.documents.slice(0, OWN_DOCUMENTS), images: [] };
}

function sidecarsOf(
  input: PlanInput & { readonly sidecars: AppSidecars; readonly shared: SharedParts },
  path: string,
  images: readonly ExampleImage[],
): SidecarPlan | undefined {
  const { model, version, file, sidecars, shared } = input;
  const primary = primaryFile(version.files);
  const primaryPaths = primary && primary.id !== file.id ? pathsOf(primary, dirname(path), shared) : [];
  return planSidecarFiles({ model, version, file, path, images, sidecars, primaryPaths });
}

/** The paths that a file can have in a folder. */
function pathsOf(file: ModelFile, directory: string, { namesOf, originalNamesOf }: SharedParts) {
  const { stem, suffix } = namesOf(file).file;
  return [fitName(stem, suffix), ...originalNamesOf(file)].map((name) => join(directory, name));
}

function chosenNames({ target, isListTaken }: ChosenTarget, { id }: ModelFile): TargetNames {
  const { stem, extension: suffix } = splitName(basename(target));
  // A configuration has the name of its model, whose list has the plain name.
  const hasOwnName = !isListTaken && (hasWeights(target) || idsInName(target).versionId !== undefined);
  return { file: { stem, suffix }, list: { stem, suffix: hasOwnName ? '.csv' : `-fid_${id}.csv` } };
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
