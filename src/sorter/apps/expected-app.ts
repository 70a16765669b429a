import { readdirSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { errnoCode } from '../../disk/errors.js';
import type { App } from './app.js';

/** Names of the applications' folders and repositories, in small letters and without punctuation. */
const NAMES: readonly (readonly [app: App, names: readonly string[]])[] = [
  ['comfyui', ['comfyui', 'comfyuiwindowsportable', 'comfy']],
  ['a1111', ['stablediffusionwebui', 'sdwebui', 'automatic1111', 'a1111', 'reforge']],
  ['a1111', ['stablediffusionwebuireforge']],
  ['forge', ['forge', 'stablediffusionwebuiforge', 'sdwebuiforge', 'webuiforge']],
  ['forge-neo', ['forgeneo', 'forgeclassic', 'sdwebuiforgeneo', 'sdwebuiforgeclassic']],
  ['sdnext', ['sdnext', 'automatic']],
  ['swarmui', ['swarmui', 'stableswarmui']],
  ['stability-matrix', ['stabilitymatrix']],
  ['fooocus', ['fooocus']],
];

/** Returns the application that a folder is named like, if the folder is missing or empty, so that nothing proves it. */
export function expectedApp(path: string): App | undefined {
  const name = basename(resolve(path))
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .replace(/(master|main)$/, '');
  const app = NAMES.find(([, names]) => names.includes(name))?.[0];
  return app && isMissingOrEmpty(path) ? app : undefined;
}

function isMissingOrEmpty(path: string): boolean {
  try {
    return readdirSync(path).length === 0;
  } catch (error) {
    return errnoCode(error) === 'ENOENT';
  }
}
