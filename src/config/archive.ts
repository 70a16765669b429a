import { ConfigError } from '../errors.js';

/** Files by name, with slashes between its parts. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** Bytes of one file, and number of files, that settings can have at most; more is not read. */
export const LARGEST_FILE = 1_000_000;
const MOST_FILES = 1_000;

/** A zip file knows no time before 1980; a machine without a clock thinks that it is earlier. */
const EARLIEST = Date.UTC(1980, 0, 2);

/** The name of a file that belongs to the settings, and leads nowhere else. */
export const SETTINGS_FILE = /^(config\.json|sorters\/[^/\\]+)$/;

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
export async function unpack(archive: Uint8Array, path: string): Promise<Files> {
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

export function tooLarge(path: string): ConfigError {
  return new ConfigError('bad-config', `${path} is too large to be the settings of civitdl.`);
}
