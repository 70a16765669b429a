import { dirname } from 'node:path';
import { retryWhileBusy } from '../disk/busy.js';
import { readTextIfExists } from '../disk/files.js';
import type { Lock } from '../disk/lock.js';
import { makePrivateDir, writePrivateFile } from './private-file.js';
import { type Config, EMPTY_CONFIG, formatConfig, parseConfig } from './schema.js';

export { type ConfigPaths, configPaths } from './config-paths.js';

/** Reading has no signal, and Ctrl-C must end a command within a second. */
const READ_TIMEOUT_MS = 1_000;

/**
 * Reads the configuration; a missing file counts as empty.
 * @throws ConfigError naming file and field, FileSystemError
 */
export async function readConfig(path: string): Promise<Config> {
  const text = await retryWhileBusy(path, () => readTextIfExists(path), { busyTimeoutMs: READ_TIMEOUT_MS });
  return text === undefined ? EMPTY_CONFIG : parseConfig(text, path);
}

/** Replaces the configuration; the caller holds the lock. */
export async function writeConfig(path: string, config: Config, signal?: AbortSignal): Promise<void> {
  await writePrivateFile(path, formatConfig(config), signal);
}

export interface LockContext {
  readonly lock: Lock;
  readonly signal: AbortSignal;
}

/** Runs an action while no other process changes the configuration. */
export async function withConfigLock<T>(
  path: string,
  { lock, signal }: LockContext,
  action: () => Promise<T>,
): Promise<T> {
  makePrivateDir(dirname(path));
  const release = await lock(`${path}.lock`, { signal });
  try {
    return await action();
  } finally {
    await release();
  }
}

/**
 * Changes the configuration while holding its lock, and returns the new one.
 * @throws ConfigError, FileSystemError, or what `change` throws
 */
export async function updateConfig(
  path: string,
  change: (config: Config) => Config | Promise<Config>,
  context: LockContext,
): Promise<Config> {
  return withConfigLock(path, context, async () => {
    const config = await change(await readConfig(path));
    await writeConfig(path, config, context.signal);
    return config;
  });
}
