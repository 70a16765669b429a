import { mkdirSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { retryWhileBusy } from '../disk/busy.js';
import { errnoCode, toFileSystemError } from '../disk/errors.js';
import { exists } from '../disk/files.js';
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
