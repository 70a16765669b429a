import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode, toFileSystemError } from '../disk/errors.js';
import { isDirectory, mayExist } from '../disk/files.js';
import { ConfigError } from '../errors.js';
import type { Config } from './schema.js';

/** Files by name, with slashes between its parts. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** Bytes of one file, and number of files, that settings can have at most; more is not read. */
const LARGEST_FILE = 1_000_000;
const MOST_FILES = 1_000;

/** A zip file knows no time before 1980; a machine without a clock thinks that it is earlier. */
const EARLIEST = Date.UTC(1980, 0, 2);

/** The name of a file that belongs to the settings, and leads nowhere else. */
const SETTINGS_FILE = /^(config\.json|sorters\/[^/\\]+)$/;

/**
 * A zip file.
 * @param now the files' time, in milliseconds since the epoch
 */
export async function pack(files: Files, now: number): Promise<Uint8Array> {
  const { zipSync } = await import('fflate');
  return zipSync(Object.fromEntries(files), { mtime: Math.max(now, EARLIEST) });
}

/**
 * The settings' files in a zip file; what else is in it is not looked at.
 * @param path of the zip file, for the message
 * @throws ConfigError when it is broken, or is not what settings are like
 */
async function unpack(archive: Uint8Array, path: string): Promise<Files> {
  const { unzipSync } = await import('fflate');
  let count = 0;
  const wanted = ({ name, originalSize }: { name: string; originalSize: number }) => {
    if (!SETTINGS_FILE.test(name)) return false;
    if (originalSize > LARGEST_FILE || ++count > MOST_FILES) throw tooLarge(path);
    return true;
  };
  try {
    return new Map(Object.entries(unzipSync(archive, { filter: wanted })));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError('bad-config', `${path} is a broken zip file.`, { cause: error });
  }
}

function tooLarge(path: string): ConfigError {
  return new ConfigError('bad-config', `${path} is too large to be the settings of civitdl.`);
}

/** Bytes of a zip file with all settings at most. */
const LARGEST_ARCHIVE = 10_000_000;

/**
 * The files of settings that lie somewhere: in a zip file, in a folder, or one `config.json` alone.
 * @throws ConfigError when there are none, FileSystemError
 */
export async function readSettingsFiles(path: string): Promise<Files> {
  const files = isDirectory(path) ? await readFolder(path) : await readOne(path);
  if (files.has('config.json')) return files;
  throw new ConfigError(
    'bad-config',
    `There is no config.json in ${path}, so these are no settings of civitdl.`,
  );
}

/**
 * The files of added sorters, by the names that they have among the settings.
 * @param folder where they lie
 * @throws FileSystemError when one of them is missing
 */
export async function readSorterFiles(sorters: Config['sorters'], folder: string): Promise<Files> {
  const files = new Map<string, Uint8Array>();
  for (const sorter of Object.values(sorters)) {
    if ('file' in sorter)
      files.set(`sorters/${sorter.file}`, await readSmall(join(folder, sorter.file), LARGEST_FILE));
  }
  return files;
}

async function readOne(path: string): Promise<Files> {
  const content = await readSmall(path, LARGEST_ARCHIVE);
  // All zip files start so, if there is anything in them.
  if (content[0] === 0x50 && content[1] === 0x4b) return unpack(content, path);
  if (content.length > LARGEST_FILE) throw tooLarge(path);
  return new Map([['config.json', content]]);
}

async function readFolder(path: string): Promise<Files> {
  const sorters = (await list(join(path, 'sorters'))).map((name) => `sorters/${name}`);
  const files = new Map<string, Uint8Array>();
  for (const name of ['config.json', ...sorters].filter((one) => SETTINGS_FILE.test(one))) {
    const file = join(path, name);
    if (mayExist(file)) files.set(name, await readSmall(file, LARGEST_FILE));
  }
  return files;
}

async function readSmall(path: string, largest: number): Promise<Uint8Array> {
  try {
    if ((await stat(path)).size > largest) throw tooLarge(path);
    return await readFile(path);
  } catch (error) {
    throw toFileSystemError(error, path, 'read');
  }
}

async function list(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return [];
    throw toFileSystemError(error, folder, 'read');
  }
}
