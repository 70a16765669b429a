import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeAtomic } from '../disk/atomic-write.js';
import { retryWhileBusy } from '../disk/busy.js';
import { errnoCode, toFileSystemError } from '../disk/errors.js';
import { exists, readTextIfExists } from '../disk/files.js';
import type { ConfigPaths } from './config.js';
import { makePrivateDir, PRIVATE_DIR_MODE, writePrivateFile } from './private-file.js';

/**
 * Moves the configuration and the added sorters into a new folder of the trash; the caller holds the lock.
 * @returns the folder; undefined if there is nothing to move
 */
export async function moveToTrash(
  paths: ConfigPaths,
  now: number,
  signal?: AbortSignal,
): Promise<string | undefined> {
  return fillTrashFolder(paths.trash, now, [paths.config, paths.sorters], (from, to) =>
    retryWhileBusy(from, () => rename(from, to), { signal }),
  );
}

/** Copies only the configuration file, otherwise like {@link moveToTrash}. */
export async function copyToTrash(
  paths: ConfigPaths,
  now: number,
  signal?: AbortSignal,
): Promise<string | undefined> {
  return fillTrashFolder(paths.trash, now, [paths.config], async (from, to) =>
    // Some file systems cannot change permissions of a copy.
    writePrivateFile(to, await readFile(from), signal),
  );
}

async function fillTrashFolder(
  trash: string,
  now: number,
  candidates: readonly string[],
  transfer: (from: string, to: string) => Promise<void>,
): Promise<string | undefined> {
  const sources = candidates.filter(exists);
  if (sources.length === 0) return undefined;
  const folder = createTrashFolder(trash, now);
  for (const source of sources) {
    const target = join(folder, basename(source));
    await transfer(source, target).catch((error: unknown) => {
      throw toFileSystemError(error, target, 'create');
    });
  }
  return folder;
}

/** The folder has the time as its name. */
function createTrashFolder(trash: string, now: number): string {
  const name = new Date(now).toISOString().replaceAll(':', '-');
  try {
    makePrivateDir(trash);
    for (let count = 1; ; count++) {
      const folder = join(trash, count === 1 ? name : `${name}-${count}`);
      if (createIfMissing(folder)) return folder;
    }
  } catch (error) {
    throw toFileSystemError(error, trash, 'create a folder in');
  }
}

function createIfMissing(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: PRIVATE_DIR_MODE });
    return true;
  } catch (error) {
    if (errnoCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Returns the configurations in the trash that contain an API key. @throws FileSystemError */
export function findTrashedKeys({ trash, config }: ConfigPaths): readonly string[] {
  return trashFolders(trash)
    .map((folder) => join(trash, folder, basename(config)))
    .filter((path) => {
      const text = readTextIfExists(path);
      return text !== undefined && withoutKeys(text) !== undefined;
    });
}

/** Removes the API keys of configurations in the trash; the caller holds the lock. @throws FileSystemError */
export async function removeTrashedKeys(paths: readonly string[], signal?: AbortSignal): Promise<void> {
  for (const path of paths) {
    const text = readTextIfExists(path);
    const cleaned = text === undefined ? undefined : withoutKeys(text);
    if (cleaned !== undefined)
      await writeAtomic(path, cleaned, { mode: statSync(path).mode & 0o777, needsFolder: true, signal });
  }
}

function trashFolders(trash: string): readonly string[] {
  try {
    const entries = readdirSync(trash, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return [];
    throw toFileSystemError(error, trash, 'read');
  }
}

/** The Python civitdl writes `api_key`. */
const KEY_FIELDS: readonly string[] = ['apiKey', 'api_key'];

const KEY_IN_INVALID_JSON = /(api_?key["']?\s*[:=]\s*)(?:"[^"\n]+"?|'[^'\n]+'?|[^"'\s,}]+)/gi;

/** Returns a configuration without its API key; undefined if it has none. */
function withoutKeys(text: string): string | undefined {
  let hasKey = false;
  const dropKey = (name: string, value: unknown) => {
    if (!KEY_FIELDS.includes(name) || typeof value !== 'string') return value;
    hasKey ||= value !== '';
    return undefined;
  };
  try {
    const cleaned: unknown = JSON.parse(text.replace(/^\ufeff/, ''), dropKey);
    return hasKey ? `${JSON.stringify(cleaned, null, 2)}\n` : undefined;
  } catch {
    // An invalid configuration is a reason for a reset.
    const cleaned = text.replace(KEY_IN_INVALID_JSON, '$1""');
    return cleaned === text ? undefined : cleaned;
  }
}
