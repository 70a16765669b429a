import { chmod, copyFile, mkdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errnoCode, toFileSystemError } from '../disk/errors.js';
import { exists } from '../disk/files.js';
import type { ConfigPaths } from './config.js';

/**
 * Moves the configuration and the added sorters into a new folder in the trash, whatever is in them. Only for who
 * holds the configuration's lock.
 * @param now milliseconds since the epoch
 * @returns that folder; undefined where there is nothing to move
 * @throws FileSystemError
 */
export async function moveToTrash(places: ConfigPaths, now: number): Promise<string | undefined> {
  return fill(places.trash, now, [places.config, places.sorters], rename);
}

/** The same for a copy of the configuration's file alone. */
export async function copyToTrash(places: ConfigPaths, now: number): Promise<string | undefined> {
  return fill(places.trash, now, [places.config], async (from, to) => {
    await copyFile(from, to);
    await chmod(to, 0o600);
  });
}

async function fill(
  trash: string,
  now: number,
  candidates: readonly string[],
  put: (from: string, to: string) => Promise<void>,
): Promise<string | undefined> {
  const sources = candidates.filter(exists);
  if (sources.length === 0) return undefined;
  const folder = await newFolder(trash, now);
  for (const source of sources) {
    const target = join(folder, basename(source));
    await put(source, target).catch((error: unknown) => {
      throw toFileSystemError(error, target, 'create');
    });
  }
  return folder;
}

/** A folder named after the moment, readable by its owner only, since a key may come to lie in it. */
async function newFolder(trash: string, now: number): Promise<string> {
  const name = new Date(now).toISOString().replaceAll(':', '-');
  try {
    await mkdir(trash, { recursive: true, mode: 0o700 });
    for (let count = 1; ; count++) {
      const folder = join(trash, count === 1 ? name : `${name}-${count}`);
      const isNew = await mkdir(folder, { mode: 0o700 }).then(
        () => true,
        (error: unknown) => {
          if (errnoCode(error) === 'EEXIST') return false;
          throw error;
        },
      );
      if (isNew) return folder;
    }
  } catch (error) {
    throw toFileSystemError(error, trash, 'create a folder in');
  }
}
