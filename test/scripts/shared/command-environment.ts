import { join } from 'node:path';
import process from 'node:process';

/** Returns the environment of a command that uses a fake server and keeps its settings and cache in a folder. */
export function commandEnvironment(folder: string, url: string): Record<string, string | undefined> {
  return {
    PATH: process.env.PATH,
    CIVITAI_BASE_URL: url,
    CIVITDL_CONFIG_DIR: join(folder, 'config'),
    CIVITDL_CACHE_DIR: join(folder, 'cache'),
  };
}
