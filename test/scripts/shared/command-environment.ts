import { join } from 'node:path';
import process from 'node:process';

/**
 * The environment of a command that asks the stand-in, and keeps what it keeps in a folder of its own: nothing of the
 * user's is read or changed.
 */
export function commandEnvironment(folder: string, url: string): Record<string, string | undefined> {
  return {
    PATH: process.env.PATH,
    CIVITAI_BASE_URL: url,
    CIVITDL_CONFIG_DIR: join(folder, 'config'),
    CIVITDL_CACHE_DIR: join(folder, 'cache'),
  };
}
