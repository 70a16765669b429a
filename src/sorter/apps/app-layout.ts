import { extname, join, relative } from 'node:path';
import type { Model, ModelFile, ModelVersion } from '../../civitai/model.js';
import { isDirectory } from '../../disk/files.js';
import { type FilePurpose, purposesOf } from '../file-purpose.js';
import { extraDataFolder, modelFolder } from '../model-folder.js';
import type { Directories } from '../sorter.js';
import type { App } from './app.js';
import { isCompleteBase } from './base-models.js';
import { LAYOUTS, type Layout } from './layouts.js';
import type { AppSettings } from './settings.js';

/** The place of a file in an application. */
export interface Placement {
  readonly directories: Directories;
  /** Other folders from which the application may load the file. */
  readonly alternatives: readonly string[];
  /** Undefined if the application has no folder for the file. */
  readonly purpose: FilePurpose | undefined;
  /** Sentences that the user should read before the download. */
  readonly notes: readonly string[];
}

export interface AppLayoutOptions {
  readonly app: App;
  /** Name of the application for messages. */
  readonly title: string;
  /** Absolute. */
  readonly root: string;
  readonly settings: AppSettings;
}

/** Below the models folder. A1111 loads pictures as embeddings, and ComfyUI loads any JSON as a workflow. */
const NOT_LOADED = 'civitdl';

/** The folders of an application on this machine. */
export class AppLayout {
  readonly app: App;
  readonly title: string;
  readonly root: string;
  readonly #layout: Layout;
  readonly #settings: AppSettings;

  constructor({ app, title, root, settings }: AppLayoutOptions) {
    this.app = app;
    this.title = title;
    this.root = root;
    this.#layout = LAYOUTS[app];
    this.#settings = settings;
  }

  /** Whether the folder of a checkpoint depends on its tensors: neither its type nor its base model tells for certain. */
  needsTensors(model: Model, version: ModelVersion, file: ModelFile): boolean {
    const purposes = this.#purposesOf(model, version, file);
    const [here, there] = [this.folderOf('checkpoint'), this.folderOf('diffusion-model')];
    const isCheckpoint = purposes.includes('checkpoint') && purposes.includes('diffusion-model');
    return (
      isCheckpoint &&
      here !== there &&
      here !== undefined &&
      there !== undefined &&
      /\.safetensors$/i.test(file.name) &&
      !isCompleteBase(version.baseModel)
    );
  }

  /** @param isComplete whether a checkpoint has a VAE or text encoders; undefined if only its base model is known */
  place(model: Model, version: ModelVersion, file: ModelFile, isComplete?: boolean): Placement {
    const purposes = this.#purposesOf(model, version, file, isComplete);
    const purpose = purposes.find((one) => this.folderOf(one) !== undefined);
    const [folder, ...alternatives] = [...new Set(purposes.flatMap((one) => this.folderOf(one) ?? []))];
    const notLoaded = join(this.#modelsFolder, NOT_LOADED, modelFolder(model.name, model.id));
    const extra = join(notLoaded, extraDataFolder(version));
    const directory = folder ?? notLoaded;
    const notes = folder
      ? [
          ...this.#partsNotes(purposes, purpose, version, file, isComplete),
          ...this.#extensionNotes(purpose, file),
        ]
      : [this.#notLoadedNote(model, file, directory)];
    return {
      directories: { model: directory, metadata: extra, images: extra, prompts: extra },
      alternatives,
      purpose,
      notes,
    };
  }

  /** The same for layouts that choose the same folders. */
  get signature(): string {
    const purposes = new Set([...Object.keys(this.#layout.folders), ...Object.keys(this.#settings.folders)]);
    const folders = [...purposes].map((purpose) => [purpose, this.folderOf(purpose as FilePurpose)]);
    return JSON.stringify([this.app, this.#modelsFolder, folders]);
  }

  /** Returns the absolute folder of a purpose; undefined if the application has none. */
  folderOf(purpose: FilePurpose): string | undefined {
    const moved = this.#settings.folders[purpose];
    if (moved !== undefined) return moved;
    const { folders, ifExists = [], models } = this.#layout;
    const folder = folders[purpose];
    if (folder === undefined) return undefined;
    const below = relative(models, folder);
    const path = below.startsWith('..') ? join(this.root, folder) : join(this.#modelsFolder, below);
    return ifExists.includes(purpose) && !isDirectory(path) ? undefined : path;
  }

  get #modelsFolder(): string {
    return this.#settings.models ?? join(this.root, this.#layout.models);
  }

  #purposesOf(
    { type: modelType }: Model,
    { baseModel }: ModelVersion,
    file: ModelFile,
    isComplete?: boolean,
  ): readonly FilePurpose[] {
    const { isDiffusionModel, hasConfigs } = this.#layout;
    const purposes = purposesOf({ modelType, baseModel, file, isDiffusionModel, isComplete });
    return purposes[0] === 'config' && !hasConfigs ? [] : purposes;
  }

  #notLoadedNote({ type }: Model, file: ModelFile, directory: string): string {
    const what =
      file.type === 'Model' ? `a file of type ${type} like ${file.name}` : `${file.name} (${file.type})`;
    return `${this.title} has no folder for ${what}, so it goes to ${directory}, which ${this.title} does not read.`;
  }

  #partsNotes(
    purposes: readonly FilePurpose[],
    purpose: FilePurpose | undefined,
    { baseModel }: ModelVersion,
    { name }: ModelFile,
    isComplete: boolean | undefined,
  ): readonly string[] {
    const [here, there] = [this.folderOf('diffusion-model'), this.folderOf('checkpoint')];
    if (isComplete === true)
      return [
        `${name} has tensors of a VAE or text encoder, so it goes to ${there} as a complete checkpoint.`,
      ];
    if (purposes[0] !== 'diffusion-model' || purposes[1] !== 'checkpoint') return [];
    if (purpose === 'checkpoint')
      return [`${this.title} may not be able to load a checkpoint of the base model ${baseModel}.`];
    if (isComplete === false)
      return [`${name} has no tensors of a VAE or text encoder, so it goes to ${here} as a diffusion model.`];
    return [
      `Checkpoints of the base model ${baseModel} are mostly diffusion models without VAE and text encoder, so it goes to ${here}. If ${this.title} cannot load it there, move it to ${there}.`,
    ];
  }

  #extensionNotes(purpose: FilePurpose | undefined, { name }: ModelFile): readonly string[] {
    const allowed = purpose && this.#layout.extensions[purpose];
    const extension = extname(name).toLowerCase();
    if (!allowed) return [];
    if (!allowed.includes(extension)) {
      const kinds = allowed.join(', ');
      return [`${this.title} does not load ${name}: in this folder it loads ${kinds}.`];
    }
    if (/\.vae\.(ckpt|safetensors)$/i.test(name) && purpose === 'checkpoint')
      return [`${this.title} does not load ${name} as a checkpoint, because it is named as a VAE.`];
    return this.app === 'comfyui' && extension === '.gguf'
      ? [`ComfyUI loads ${name} only with the custom node ComfyUI-GGUF.`]
      : [];
  }
}
