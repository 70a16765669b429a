import { mkdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { writeAtomic } from '../disk/atomic-write.js';
import { toFileSystemError } from '../disk/errors.js';
import { readIfExists, removeIfExists } from '../disk/files.js';
import type { Files } from './archive.js';
import type { AddedSorter, Config } from './schema.js';

/**
 * Copies a sorter's file to where only its owner can change it; missing folders are made.
 * @throws FileSystemError
 */
export async function copySorterFile(source: string, target: string): Promise<void> {
  const content = await readFile(source).catch((error: unknown) => {
    throw toFileSystemError(error, source, 'read');
  });
  await writeAtomic(target, content, { mode: 0o600, directoryMode: 0o700 });
}

/**
 * Removes the copy of a sorter's file; one that is gone already is no error.
 * @throws FileSystemError
 */
export async function removeSorterFile(path: string): Promise<void> {
  try {
    removeIfExists(path);
  } catch (error) {
    throw toFileSystemError(error, path, 'delete');
  }
}

/**
 * Puts the files of added sorters into their folder; a name that another file has there already gets a number.
 * @returns the sorters with the names that their files have now
 * @throws FileSystemError
 */
export async function placeSorterFiles(
  sorters: Config['sorters'],
  files: Files,
  folder: string,
): Promise<Config['sorters']> {
  const placed = new Map<string, AddedSorter>();
  for (const [name, sorter] of Object.entries(sorters)) {
    const content = 'file' in sorter ? files.get(sorter.file) : undefined;
    placed.set(
      name,
      content && 'file' in sorter
        ? { ...sorter, file: await placeFile(sorter.file, content, folder) }
        : sorter,
    );
  }
  return Object.fromEntries(placed);
}

async function placeFile(name: string, content: Uint8Array, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw toFileSystemError(error, folder, 'create');
  });
  const extension = extname(name);
  for (let count = 1; ; count++) {
    const candidate =
      count === 1 ? name : `${name.slice(0, name.length - extension.length)}-${count}${extension}`;
    const there = readIfExists(join(folder, candidate));
    if (there && !there.equals(content)) continue;
    if (!there) await writeAtomic(join(folder, candidate), content, { mode: 0o600 });
    return candidate;
  }
}
