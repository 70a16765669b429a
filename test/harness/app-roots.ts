import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The files and folders that the roots of applications have; a name that ends in a slash is a folder. */
export const appRoots = {
  ComfyUI: [
    'main.py',
    'folder_paths.py',
    'nodes.py',
    'comfy/',
    'custom_nodes/',
    'models/checkpoints/',
    'user/',
  ],
  'ComfyUI desktop': ['models/checkpoints/', 'custom_nodes/', 'user/'],
  AUTOMATIC1111: ['webui.py', 'launch.py', 'modules/', 'extensions-builtin/', 'embeddings/', 'models/'],
  Forge: [
    ...['webui.py', 'launch.py', 'modules/', 'extensions-builtin/', 'modules_forge/', 'backend/'],
    ...['packages_3rdparty/', 'embeddings/', 'models/'],
  ],
  reForge: [
    ...['webui.py', 'launch.py', 'modules/', 'extensions-builtin/', 'modules_forge/', 'ldm_patched/'],
    ...['embeddings/', 'models/'],
  ],
  'Forge Classic': [
    ...['webui.py', 'launch.py', 'modules/', 'extensions-builtin/', 'modules_forge/', 'ldm_patched/'],
    'models/embeddings/',
  ],
  'Forge Neo': [
    ...['webui.py', 'launch.py', 'modules/', 'extensions-builtin/', 'modules_forge/packages/', 'backend/'],
    ...['modules_forge/presets.py', 'models/embeddings/'],
  ],
  'SD.Next': [
    'installer.py',
    'webui.py',
    'launch.py',
    'modules/',
    'pipelines/',
    'motd',
    'extensions-builtin/',
    'models/',
  ],
  SwarmUI: ['SwarmUI.sln', 'src/SwarmUI.csproj', 'launchtools/', 'Models/'],
  StabilityMatrix: ['settings.json', 'Models/', 'Packages/'],
  InvokeAI: ['invokeai.yaml', 'databases/', 'models/'],
  Fooocus: [
    'fooocus_version.py',
    'entry_with_update.py',
    'sdxl_styles/',
    'modules/',
    'launch.py',
    'models/checkpoints/',
  ],
} as const;

export type AppTitle = keyof typeof appRoots;

/** Makes files and folders below a folder; the content of `settings.json` is an object. */
export function makeEntries(folder: string, names: readonly string[]): void {
  for (const name of names) {
    const path = join(folder, name);
    mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(path, name.endsWith('.json') ? '{}' : '');
  }
}

/** Makes the root of an application as it is after its installation. */
export function makeAppRoot(folder: string, title: AppTitle): string {
  makeEntries(folder, appRoots[title]);
  return folder;
}
