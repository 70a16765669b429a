import { extname, join, relative } from 'node:path';
import type { Model, ModelFile, ModelVersion } from '../../civitai/model.js';
import { isDirectory } from '../../disk/files.js';
import { type FilePurpose, purposesOf } from '../file-purpose.js';
import { extraDataFolder, modelFolder } from '../model-folder.js';
import type { Directories } from '../sorter.js';
import type { App } from './app.js';
import { LAYOUTS, type Layout } from './layouts.js';
import type { AppSettings } from './settings.js';

/** The place of a file in an application. */
export interface Placement {
  readonly directories: Directories;
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

  place(model: Model, version: ModelVersion, file: ModelFile): Placement {
    const { isDiffusionModel } = this.#layout;
    const query = { modelType: model.type, baseModel: version.baseModel, file, isDiffusionModel };
    const purposes = this.#usable(purposesOf(query));
    const purpose = purposes.find((one) => this.folderOf(one) !== undefined);
    const folder = purpose && this.folderOf(purpose);
    const notLoaded = join(this.#modelsFolder, NOT_LOADED, modelFolder(model.name, model.id));
    const extra = join(notLoaded, extraDataFolder(version));
    const directory = folder ?? notLoaded;
    const notes = folder
      ? [...this.#baseModelNotes(purposes, purpose, version), ...this.#extensionNotes(purpose, file)]
      : [this.#notLoadedNote(model, file, directory)];
    return {
      directories: { model: directory, metadata: extra, images: extra, prompts: extra },
      purpose,
      notes,
    };
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

  #usable(purposes: readonly FilePurpose[]): readonly FilePurpose[] {
    return purposes[0] === 'config' && !this.#layout.hasConfigs ? [] : purposes;
  }

  #notLoadedNote({ type }: Model, file: ModelFile, directory: string): string {
    const what =
      file.type === 'Model' ? `a file of type ${type} like ${file.name}` : `${file.name} (${file.type})`;
    return `${this.title} has no folder for ${what}, so it goes to ${directory}, which ${this.title} does not read.`;
  }

  #baseModelNotes(
    purposes: readonly FilePurpose[],
    purpose: FilePurpose | undefined,
    { baseModel }: ModelVersion,
  ): readonly string[] {
    if (purposes[0] !== 'diffusion-model' || purposes[1] !== 'checkpoint') return [];
    if (purpose === 'checkpoint')
      return [`${this.title} may not be able to load a checkpoint of the base model ${baseModel}.`];
    const [here, there] = [this.folderOf('diffusion-model'), this.folderOf('checkpoint')];
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
