import { join, resolve } from 'node:path';
import { z } from 'zod';
import { readTextIfExists } from '../../disk/files.js';
import { expandHome } from '../../disk/paths.js';
import { ConfigError } from '../../errors.js';
import type { FilePurpose } from '../file-purpose.js';
import type { App } from './app.js';
import { type Mapping, parseFds, parseYaml } from './mapping.js';

/** Folders that the user has moved, by purpose; absolute. */
type MovedFolders = Readonly<Partial<Record<FilePurpose, string>>>;

export interface AppSettings {
  /** The folder that a layout calls its models folder, if the user has moved it; absolute. */
  readonly models?: string | undefined;
  readonly folders: MovedFolders;
}

export interface SettingsContext {
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

interface SettingsFile {
  /** Relative to the application's root. */
  readonly name: string;
  /** @throws any error if the text cannot be understood */
  readonly parse: (text: string, root: string, context: SettingsContext) => AppSettings;
}

const FILES: Readonly<Partial<Record<App, SettingsFile>>> = {
  comfyui: { name: 'extra_model_paths.yaml', parse: parseExtraModelPaths },
  sdnext: { name: 'config.json', parse: parseSdNext },
  swarmui: { name: 'Data/Settings.fds', parse: parseSwarm },
  'stability-matrix': { name: 'settings.json', parse: parseStabilityMatrix },
  fooocus: { name: 'config.txt', parse: parseFooocus },
};

const NO_SETTINGS: AppSettings = { folders: {} };

/**
 * Reads where the user of an application has moved its folders.
 * @param onProblem called if the settings cannot be read, so that the defaults hold
 */
export function readAppSettings(
  app: App,
  root: string,
  context: SettingsContext,
  onProblem: (error: unknown) => void,
): AppSettings {
  const file = FILES[app];
  if (!file) return NO_SETTINGS;
  const path = join(root, file.name);
  try {
    const text = readTextIfExists(path);
    return text === undefined ? NO_SETTINGS : file.parse(text, root, context);
  } catch (error) {
    const why = error instanceof z.ZodError ? error.issues[0]?.message : messageOf(error);
    onProblem(
      new ConfigError('app-settings', `Cannot use ${path} (${why}), so its default folders are used.`),
    );
    return NO_SETTINGS;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Names in `extra_model_paths.yaml`; the second of a pair is a name of earlier versions. */
const COMFYUI_NAMES: ReadonlyMap<string, FilePurpose> = new Map([
  ['checkpoints', 'checkpoint'],
  ['diffusion_models', 'diffusion-model'],
  ['unet', 'diffusion-model'],
  ['loras', 'lora'],
  ['embeddings', 'embedding'],
  ['vae', 'vae'],
  ['hypernetworks', 'hypernetwork'],
  ['controlnet', 'controlnet'],
  ['upscale_models', 'upscaler'],
  ['text_encoders', 'text-encoder'],
  ['clip', 'text-encoder'],
  ['clip_vision', 'clip-vision'],
  ['configs', 'config'],
  ['animatediff_models', 'motion-module'],
  ['ultralytics_bbox', 'box-detector'],
  ['ultralytics_segm', 'segment-detector'],
  ['LLM', 'language-model'],
]);

/** The sections that are default come first in ComfyUI, the last of them before the others. */
function parseExtraModelPaths(text: string, root: string, context: SettingsContext): AppSettings {
  const folders: Partial<Record<FilePurpose, string>> = {};
  for (const section of parseYaml(text).values()) {
    if (typeof section === 'string' || !/^(true|yes|on)$/i.test(textOf(section, 'is_default'))) continue;
    const base = resolve(root, expandPath(textOf(section, 'base_path'), context));
    for (const [name, purpose] of COMFYUI_NAMES) {
      const [first] = textOf(section, name).split('\n').filter(Boolean);
      if (first !== undefined) folders[purpose] = resolve(base, expandPath(first, context));
    }
  }
  return { folders };
}

function textOf(mapping: Mapping, key: string): string {
  const value = mapping.get(key) ?? '';
  return typeof value === 'string' ? value : '';
}

function expandPath(path: string, { home, env }: SettingsContext): string {
  const expanded = path.replace(
    /\$\{(?<braced>\w+)\}|\$(?<plain>\w+)|%(?<windows>\w+)%/g,
    (whole, braced?: string, plain?: string, windows?: string) =>
      env[braced ?? plain ?? windows ?? ''] ?? whole,
  );
  return expandHome(expanded.trim(), home);
}

const SDNEXT_KEYS: ReadonlyMap<string, FilePurpose> = new Map([
  ['ckpt_dir', 'checkpoint'],
  ['unet_dir', 'diffusion-model'],
  ['lora_dir', 'lora'],
  ['embeddings_dir', 'embedding'],
  ['vae_dir', 'vae'],
  ['te_dir', 'text-encoder'],
  ['wildcards_dir', 'wildcards'],
  ['yolo_dir', 'box-detector'],
]);

function parseSdNext(text: string, root: string): AppSettings {
  const settings = parseObject(text);
  const pathOf = (key: string) => pathIn(settings[key], root);
  const control = pathOf('control_dir');
  const yolo = pathOf('yolo_dir');
  return {
    models: pathOf('models_dir'),
    folders: {
      ...foldersOf(SDNEXT_KEYS, pathOf),
      ...(control !== undefined && { controlnet: join(control, 'controlnet') }),
      ...(yolo !== undefined && { 'segment-detector': yolo }),
    },
  };
}

const FOOOCUS_KEYS: ReadonlyMap<string, FilePurpose> = new Map([
  ['path_checkpoints', 'checkpoint'],
  ['path_loras', 'lora'],
  ['path_embeddings', 'embedding'],
  ['path_vae', 'vae'],
  ['path_upscale_models', 'upscaler'],
  ['path_controlnet', 'controlnet'],
  ['path_clip_vision', 'clip-vision'],
  ['path_wildcards', 'wildcards'],
]);

function parseFooocus(text: string, root: string): AppSettings {
  const settings = parseObject(text);
  return { folders: foldersOf(FOOOCUS_KEYS, (key) => pathIn(settings[key], root)) };
}

function parseStabilityMatrix(text: string, root: string): AppSettings {
  return { models: pathIn(parseObject(text).ModelDirectoryOverride, root), folders: {} };
}

const SWARM_KEYS: ReadonlyMap<string, FilePurpose> = new Map([
  ['SDModelFolder', 'checkpoint'],
  ['SDLoraFolder', 'lora'],
  ['SDVAEFolder', 'vae'],
  ['SDEmbeddingFolder', 'embedding'],
  ['SDControlNetsFolder', 'controlnet'],
  ['SDClipFolder', 'text-encoder'],
  ['SDClipVisionFolder', 'clip-vision'],
]);

function parseSwarm(text: string, root: string): AppSettings {
  const paths = parseFds(text).get('Paths');
  if (paths === undefined || typeof paths === 'string') return NO_SETTINGS;
  const roots = splitPaths(textOf(paths, 'ModelRoot'));
  const chosen = roots[Number(textOf(paths, 'DownloadToRootID')) || 0] ?? roots[0];
  const models = resolve(root, chosen ?? 'Models');
  const folders = foldersOf(SWARM_KEYS, (key) => {
    const [first] = splitPaths(textOf(paths, key));
    return first === undefined ? undefined : resolve(models, first);
  });
  return { models, folders };
}

function splitPaths(text: string): readonly string[] {
  return text
    .split(';')
    .map((path) => path.trim())
    .filter(Boolean);
}

const objectSchema = z.record(z.string(), z.unknown(), 'it is not a JSON object');

function parseObject(text: string): Readonly<Record<string, unknown>> {
  return objectSchema.parse(JSON.parse(text.replace(/^\ufeff/, '')));
}

/** A path, or the first of a list of paths; undefined if there is none. */
function pathIn(value: unknown, root: string): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' && first.trim() !== '' ? resolve(root, first) : undefined;
}

function foldersOf(
  keys: ReadonlyMap<string, FilePurpose>,
  pathOf: (key: string) => string | undefined,
): MovedFolders {
  return Object.fromEntries(
    [...keys].flatMap(([key, purpose]) => {
      const path = pathOf(key);
      return path === undefined ? [] : [[purpose, path]];
    }),
  );
}
