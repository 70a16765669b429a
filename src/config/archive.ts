import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode, toFileSystemError } from '../disk/errors.js';
import { isDirectory, mayExist } from '../disk/files.js';
import { ConfigError } from '../errors.js';

/** Contents of files by name, with slashes between the parts of a name. */
export type FileContents = ReadonlyMap<string, Uint8Array>;

const MAX_FILES = 1_000;
const MAX_FILE_BYTES = 1_000_000;
const MAX_ARCHIVE_BYTES = 10_000_000;

const CONFIG_FILE = 'config.json';
/** Other files of an archive are ignored, among them those that would lead out of the folder. */
const SETTINGS_FILE = /^(config\.json|sorters\/[^/\\]+)$/;

/** Zip files have no time before 1980, which is possible on a machine without a clock. */
const MIN_ZIP_TIME = Date.UTC(1980, 0, 2);

/** @param now time of the files */
export async function packArchive(files: FileContents, now: number): Promise<Uint8Array> {
  const { zipSync } = await import('fflate');
  return zipSync(Object.fromEntries(files), { mtime: Math.max(now, MIN_ZIP_TIME) });
}

/**
 * Reads the settings from a zip file, a folder, or a single `config.json`.
 * @throws ConfigError when they are not valid, FileSystemError
 */
export async function readArchive(path: string): Promise<FileContents> {
  const files = isDirectory(path) ? await readDirectory(path) : await readSingleFile(path);
  if (files.has(CONFIG_FILE)) return files;
  throw new ConfigError(
    'bad-config',
    `${path} does not contain settings of civitdl: ${CONFIG_FILE} is missing.`,
  );
}

/** @throws ConfigError when the file is too large for an archive, FileSystemError */
export async function readSettingsFile(path: string): Promise<Uint8Array> {
  return readLimited(path, MAX_FILE_BYTES);
}

async function readSingleFile(path: string): Promise<FileContents> {
  const content = await readLimited(path, MAX_ARCHIVE_BYTES);
  // Zip files start with "PK".
  if (content[0] === 0x50 && content[1] === 0x4b) return unpackArchive(content, path);
  if (content.length > MAX_FILE_BYTES) throw tooLargeError(path);
  return new Map([[CONFIG_FILE, content]]);
}

async function unpackArchive(archive: Uint8Array, path: string): Promise<FileContents> {
  const { unzipSync } = await import('fflate');
  let count = 0;
  const filter = ({ name, originalSize }: { name: string; originalSize: number }) => {
    if (!SETTINGS_FILE.test(name)) return false;
    if (originalSize > MAX_FILE_BYTES || ++count > MAX_FILES) throw tooLargeError(path);
    return true;
  };
  try {
    return new Map(Object.entries(unzipSync(archive, { filter })));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError('bad-config', `The zip file ${path} is damaged.`, { cause: error });
  }
}

async function readDirectory(path: string): Promise<FileContents> {
  const sorters = (await listFiles(join(path, 'sorters'))).map((name) => `sorters/${name}`);
  const files = new Map<string, Uint8Array>();
  for (const name of [CONFIG_FILE, ...sorters].filter((one) => SETTINGS_FILE.test(one))) {
    const file = join(path, name);
    if (mayExist(file)) files.set(name, await readSettingsFile(file));
  }
  return files;
}

async function readLimited(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    if ((await stat(path)).size > maxBytes) throw tooLargeError(path);
    return await readFile(path);
  } catch (error) {
    throw toFileSystemError(error, path, 'read');
  }
}

function tooLargeError(path: string): ConfigError {
  return new ConfigError('bad-config', `${path} is too large to contain settings of civitdl.`);
}

async function listFiles(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return [];
    throw toFileSystemError(error, folder, 'read');
  }
}
