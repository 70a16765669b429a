import { readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { isDirectory, statIfExists, tryReadText } from '../../disk/files.js';
import { caseKey } from '../../disk/safe-name.js';
import { UsageError } from '../../errors.js';
import type { FoundApp } from './app.js';
import { parseYaml } from './mapping.js';

/** Names that prove that a folder is the root of an application. A name that ends in a slash is a folder. */
interface Signature {
  readonly app: FoundApp['app'];
  readonly title: string;
  readonly has: readonly string[];
  readonly lacks?: readonly string[];
  /** The models folder. */
  readonly models: string;
}

/** The first that matches counts: forks have the files of their origin. */
const SIGNATURES: readonly Signature[] = [
  {
    app: 'comfyui',
    title: 'ComfyUI',
    has: ['main.py', 'folder_paths.py', 'nodes.py', 'comfy/'],
    models: 'models',
  },
  {
    app: 'comfyui',
    title: 'ComfyUI',
    has: ['models/', 'custom_nodes/', 'user/'],
    lacks: ['main.py'],
    models: 'models',
  },
  {
    app: 'sdnext',
    title: 'SD.Next',
    has: ['installer.py', 'webui.py', 'modules/', 'pipelines/', 'motd'],
    models: 'models',
  },
  {
    app: 'forge-neo',
    title: 'Forge Neo',
    has: ['webui.py', 'modules_forge/packages/', 'modules_forge/presets.py', 'backend/'],
    lacks: ['packages_3rdparty/'],
    models: 'models',
  },
  {
    app: 'forge',
    title: 'Forge',
    has: ['webui.py', 'launch.py', 'modules_forge/', 'backend/'],
    models: 'models',
  },
  {
    app: 'forge-neo',
    title: 'Forge Classic',
    has: ['webui.py', 'modules_forge/', 'ldm_patched/', 'models/embeddings/'],
    lacks: ['backend/', 'embeddings/'],
    models: 'models',
  },
  {
    app: 'a1111',
    title: 'reForge',
    has: ['webui.py', 'modules_forge/', 'ldm_patched/'],
    lacks: ['backend/'],
    models: 'models',
  },
  {
    app: 'a1111',
    title: 'AUTOMATIC1111',
    has: ['webui.py', 'launch.py', 'modules/', 'extensions-builtin/'],
    lacks: ['modules_forge/', 'installer.py', 'fooocus_version.py'],
    models: 'models',
  },
  {
    app: 'swarmui',
    title: 'SwarmUI',
    has: ['SwarmUI.sln', 'src/SwarmUI.csproj', 'launchtools/'],
    models: 'Models',
  },
  {
    app: 'stability-matrix',
    title: 'StabilityMatrix',
    has: ['settings.json', 'Models/', 'Packages/'],
    models: 'Models',
  },
  {
    app: 'fooocus',
    title: 'Fooocus',
    has: ['fooocus_version.py', 'entry_with_update.py', 'sdxl_styles/'],
    models: 'models',
  },
  { app: 'invokeai', title: 'InvokeAI', has: ['invokeai.yaml'], models: 'models' },
];

/** Folders that prove a models folder, in exact case, where its parent proves nothing. */
const MODELS_FOLDERS: readonly Pick<Signature, 'app' | 'title' | 'has'>[] = [
  { app: 'comfyui', title: 'ComfyUI', has: ['checkpoints', 'loras'] },
  { app: 'sdnext', title: 'SD.Next', has: ['Stable-diffusion', 'Lora', 'UNET'] },
  { app: 'sdnext', title: 'SD.Next', has: ['Stable-diffusion', 'Lora', 'Text-encoder'] },
  { app: 'forge-neo', title: 'Forge Neo', has: ['Stable-diffusion', 'Lora', 'embeddings'] },
  { app: 'forge', title: 'Forge', has: ['Stable-diffusion', 'Lora', 'text_encoder'] },
  { app: 'a1111', title: 'AUTOMATIC1111', has: ['Stable-diffusion', 'Lora'] },
  { app: 'swarmui', title: 'SwarmUI', has: ['Stable-Diffusion', 'Lora'] },
  { app: 'stability-matrix', title: 'StabilityMatrix', has: ['StableDiffusion'] },
];

/** Recognizes the application whose root or models folder a folder is, or which it is inside, perhaps through a link. */
export function recognizeApp(path: string): FoundApp | undefined {
  for (const folder of [resolve(path), realFolder(path)]) {
    const found = recognizeFolder(folder);
    if (found) return found;
  }
  return undefined;
}

/** Returns where a folder is, or will be, without links. */
function realFolder(path: string): string {
  const folder = resolve(path);
  const parent = dirname(folder);
  try {
    return realpathSync(folder);
  } catch {
    return parent === folder ? folder : join(realFolder(parent), basename(folder));
  }
}

function recognizeFolder(folder: string): FoundApp | undefined {
  const root = provenRoot(folder);
  if (root) return { ...root, place: 'root' };
  const parent = provenRoot(dirname(folder));
  if (parent && isSameFolder(folder, modelsFolderOf(parent))) return { ...parent, place: 'models' };
  const models = provenModelsFolder(folder);
  if (models) return { ...models, place: 'models' };
  for (let above = dirname(folder), below = folder; above !== below; below = above, above = dirname(above)) {
    const outer = provenRoot(above);
    if (outer) return { ...outer, place: 'inside' };
  }
  return undefined;
}

type ProvenRoot = Omit<FoundApp, 'place'> & { readonly models: string };

function provenRoot(folder: string): ProvenRoot | undefined {
  const signature = SIGNATURES.find(({ has, lacks = [] }) => {
    return has.every((name) => isThere(folder, name)) && !lacks.some((name) => isThere(folder, name));
  });
  if (signature) {
    const { app, title, has, models } = signature;
    return { app, title, root: folder, proof: has, models };
  }
  return stabilityMatrixOf(folder);
}

/** The folder of the portable program, or the folder of the program's own data, which names the data folder. */
function stabilityMatrixOf(folder: string): ProvenRoot | undefined {
  const found = { app: 'stability-matrix', title: 'StabilityMatrix', models: 'Models' } as const;
  if (isThere(folder, 'Data/.sm-portable'))
    return { ...found, root: join(folder, 'Data'), proof: ['Data/.sm-portable'] };
  const library = libraryPathOf(folder);
  return library === undefined ? undefined : { ...found, root: library, proof: ['library.json'] };
}

function libraryPathOf(folder: string): string | undefined {
  const text = tryReadText(join(folder, 'library.json'));
  if (text === undefined) return undefined;
  try {
    const { LibraryPath: path } = JSON.parse(text) as { readonly LibraryPath?: unknown };
    return typeof path === 'string' && isDirectory(join(path, 'Models')) ? resolve(path) : undefined;
  } catch {
    return undefined;
  }
}

function isThere(folder: string, name: string): boolean {
  const path = join(folder, name);
  return name.endsWith('/') ? isDirectory(path) : statIfExists(path) !== undefined;
}

function provenModelsFolder(folder: string): ProvenRoot | undefined {
  if (basename(folder).toLowerCase() !== 'models') return undefined;
  const names = namesIn(folder);
  const found = MODELS_FOLDERS.find(({ has }) => has.every((name) => names.includes(name)));
  if (!found) return undefined;
  const { app, title, has } = found;
  return {
    app,
    title,
    root: dirname(folder),
    proof: has.map((name) => `${name}/`),
    models: basename(folder),
  };
}

/** On systems that ignore case, one folder has several paths, and some of them tell no inodes. */
function isSameFolder(one: string, other: string): boolean {
  if (one === other) return true;
  const [first, second] = [one, other].map(statIfExists);
  if (!first || !second) return false;
  if (first.ino !== 0 && first.ino === second.ino && first.dev === second.dev) return true;
  const key = caseKey(basename(one));
  const isSameName = dirname(one) === dirname(other) && caseKey(basename(other)) === key;
  return isSameName && namesIn(dirname(one)).filter((name) => caseKey(name) === key).length === 1;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function modelsFolderOf({ app, root, models }: ProvenRoot): string {
  return app === 'invokeai' ? invokeModelsFolder(root) : join(root, models);
}

function invokeModelsFolder(root: string): string {
  const fallback = join(root, 'models');
  try {
    const folder = parseYaml(tryReadText(join(root, 'invokeai.yaml')) ?? '').get('models_dir');
    return typeof folder === 'string' && folder !== '' ? resolve(root, folder) : fallback;
  } catch {
    return fallback;
  }
}

/** @throws UsageError if a folder is InvokeAI's root or in its models folder, perhaps through a link */
export function assertNotManaged(path: string): void {
  if (![resolve(path), realFolder(path)].some(isManaged)) return;
  throw new UsageError(
    'usage',
    [
      `${path} belongs to InvokeAI, which keeps a database of its models and can delete files that it does not know.`,
      "Use another folder as the root directory, and add it in InvokeAI's model manager as the scan folder; it can install the models in place.",
    ].join(' '),
  );
}

function isManaged(folder: string): boolean {
  const found = recognizeFolder(folder);
  if (found?.app !== 'invokeai') return false;
  const below = relative(invokeModelsFolder(found.root), folder);
  return found.place === 'root' || !(isAbsolute(below) || /^\.\.([/\\]|$)/.test(below));
}
