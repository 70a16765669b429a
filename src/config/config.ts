import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeAtomic } from '../disk/atomic-write.js';
import { toFileSystemError } from '../disk/errors.js';
import { readTextIfExists } from '../disk/files.js';
import type { Lock } from '../disk/lock.js';
import { type Config, EMPTY_CONFIG, formatConfig, parseConfig } from './schema.js';

/** Only its owner may read what may hold a key. */
const PRIVATE = { mode: 0o600, directoryMode: 0o700 };

/** What is needed to change files that several processes may want to change at once. */
export interface Locking {
  readonly lock: Lock;
  readonly signal: AbortSignal;
}

/**
 * Reads the configuration; a file that is not there is an empty one.
 * @throws ConfigError naming file and field when it is broken, FileSystemError when it can't be read
 */
export async function readConfig(path: string): Promise<Config> {
  const text = readTextIfExists(path);
  return text === undefined ? EMPTY_CONFIG : parseConfig(text, path);
}

/**
 * Reads the configuration, changes it and writes it, while no other process does.
 * @param change may throw, and then nothing is written
 * @returns the new configuration
 * @throws what `readConfig` throws, and FileSystemError when it can't be written: then it is what it was
 */
export async function updateConfig(
  path: string,
  change: (config: Config) => Config | Promise<Config>,
  locking: Locking,
): Promise<Config> {
  return withConfigLock(path, locking, async () => {
    const changed = await change(await readConfig(path));
    await writeConfig(path, changed);
    return changed;
  });
}

/** Does something while no other process changes the configuration. */
export async function withConfigLock<T>(
  path: string,
  { lock, signal }: Locking,
  action: () => Promise<T>,
): Promise<T> {
  await makePrivateFolder(dirname(path));
  const release = await lock(`${path}.lock`, { signal });
  try {
    return await action();
  } finally {
    await release();
  }
}

/** Replaces the configuration as a whole. Only for who holds the lock. */
export async function writeConfig(path: string, config: Config): Promise<void> {
  await writeAtomic(path, formatConfig(config), PRIVATE);
}

async function makePrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: PRIVATE.directoryMode });
  } catch (error) {
    throw toFileSystemError(error, path, 'create');
  }
}

/** Where everything lies that `civitconfig` keeps. */
export interface ConfigPaths {
  readonly config: string;
  /** Folder of the added sorters' files. */
  readonly sorters: string;
  /** Folder with a folder for each configuration that was replaced. */
  readonly trash: string;
}

/** @param directory of the configuration */
export function configPaths(directory: string): ConfigPaths {
  return {
    config: join(directory, 'config.json'),
    sorters: join(directory, 'sorters'),
    trash: join(directory, 'trash'),
  };
}
