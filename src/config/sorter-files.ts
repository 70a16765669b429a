import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { retryWhileBusy } from '../disk/busy.js';
import { toFileSystemError } from '../disk/errors.js';
import { readIfExists, removeIfExists } from '../disk/files.js';
import { type FileContents, readSettingsFile } from './archive.js';
import { makePrivateDir, writePrivateFile } from './private-file.js';
import type { AddedSorter, Config } from './schema.js';

export async function copySorterFile(source: string, target: string): Promise<void> {
  const content = await readFile(source).catch((error: unknown) => {
    throw toFileSystemError(error, source, 'read');
  });
  await writePrivateFile(target, content);
}

export async function removeSorterFile(path: string, signal: AbortSignal): Promise<void> {
  try {
    await retryWhileBusy(path, () => removeIfExists(path), { signal });
  } catch (error) {
    throw toFileSystemError(error, path, 'delete');
  }
}

/** Reads the files of added sorters, with the names that they have in an archive. */
export async function readSorterFiles(sorters: Config['sorters'], folder: string): Promise<FileContents> {
  const files = new Map<string, Uint8Array>();
  for (const sorter of Object.values(sorters)) {
    if ('file' in sorter)
      files.set(`sorters/${sorter.file}`, await readSettingsFile(join(folder, sorter.file)));
  }
  return files;
}

/**
 * Writes the files of imported sorters. If another file has the same name, the new name has a number.
 * @returns the sorters with the names of the written files
 */
export async function placeSorterFiles(
  sorters: Config['sorters'],
  files: FileContents,
  folder: string,
): Promise<Config['sorters']> {
  const placed = new Map<string, AddedSorter>();
  for (const [name, sorter] of Object.entries(sorters))
    placed.set(name, await placeSorter(sorter, files, folder));
  return Object.fromEntries(placed);
}

async function placeSorter(sorter: AddedSorter, files: FileContents, folder: string): Promise<AddedSorter> {
  if (!('file' in sorter)) return sorter;
  const content = files.get(sorter.file);
  return content ? { ...sorter, file: await placeFile(sorter.file, content, folder) } : sorter;
}

async function placeFile(name: string, content: Uint8Array, folder: string): Promise<string> {
  makePrivateDir(folder);
  const extension = extname(name);
  const stem = name.slice(0, name.length - extension.length);
  for (let count = 1; ; count++) {
    const candidate = count === 1 ? name : `${stem}-${count}${extension}`;
    const existing = readIfExists(join(folder, candidate));
    if (existing && !existing.equals(content)) continue;
    if (!existing) await writePrivateFile(join(folder, candidate), content);
    return candidate;
  }
}
