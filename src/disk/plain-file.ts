import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  unlinkSync,
} from 'node:fs';
import { FileSystemError } from '../errors.js';
import { errnoCode } from './errors.js';

/** Others can put a link or a FIFO in the place of a file: these flags neither follow nor wait. Windows has none. */
export const DIRECT = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Codes for a link or a socket that was put in the place of a file. */
const NOT_PLAIN = new Set(['ENOENT', 'ELOOP', 'EMLINK', 'ENXIO']);

/** Returns the status of a path itself, not of what a link leads to; undefined if missing. @throws the system's error */
export function statPath(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

/** Returns the error of a path where a file is expected; undefined if it is missing or a file. */
export function notFileError(path: string, action: string): FileSystemError | undefined {
  const stats = statPath(path);
  if (!stats || stats.isFile()) return undefined;
  const kind = stats.isDirectory() ? 'a folder' : stats.isSymbolicLink() ? 'a link' : 'not a file';
  return new FileSystemError('file-system', `Cannot ${action} ${path}: it is ${kind}.`);
}

/** Whether a path is a file with no other name: not a link of any kind, a FIFO, a device or a folder. */
export function isPlainFile(path: string): boolean {
  try {
    const stats = statPath(path);
    return stats !== undefined && isPlain(stats);
  } catch {
    return false;
  }
}

/** Some file systems do not count names. */
function isPlain(stats: BigIntStats): boolean {
  return stats.isFile() && stats.nlink <= 1n;
}

/** Whether a path, not a link, names an open file. */
export function isSameFile(descriptor: number, path: string): boolean {
  const named = statPath(path);
  const opened = fstatSync(descriptor, { bigint: true });
  return named !== undefined && named.ino === opened.ino && named.dev === opened.dev;
}

/**
 * Checks before a rename that others have not put something else in the place of an open file.
 * @throws FileSystemError, or the system's error
 */
export function assertSameFile(descriptor: number, path: string): void {
  if (statPath(path) === undefined || isSameFile(descriptor, path)) return;
  throw new FileSystemError('file-system', `Another program has replaced ${path}.`);
}

/**
 * Opens a file that exists, without following a link or waiting for a FIFO, and to write only if it has no other name.
 * @param flags numeric, without O_CREAT
 * @returns undefined if nothing or something other than such a file has this name
 * @throws the system's error
 */
export function openPlainFile(path: string, flags: number): number | undefined {
  // Opening a device can have effects.
  if (!statPath(path)?.isFile()) return undefined;
  try {
    const descriptor = openSync(path, flags | DIRECT);
    const opened = fstatSync(descriptor, { bigint: true });
    const isReader = (flags & (constants.O_WRONLY | constants.O_RDWR)) === 0;
    // Windows has followed a link that was created in the meantime.
    const isDirect = DIRECT !== 0 || statPath(path)?.isFile();
    if (isDirect && (isReader ? opened.isFile() : isPlain(opened))) return descriptor;
    closeSync(descriptor);
    return undefined;
  } catch (error) {
    if (isNotPlainError(error)) return undefined;
    throw error;
  }
}

/** Whether an error of opening means that the path names no file. */
export function isNotPlainError(error: unknown): boolean {
  return NOT_PLAIN.has(errnoCode(error) ?? '');
}

/** Reads a small file like {@link openPlainFile}. */
export function readPlainText(path: string): string | undefined {
  const file = openPlainFile(path, constants.O_RDONLY);
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/**
 * Creates a file at a path that only the holder of a lock uses: what a killed process or others left there is removed.
 * @throws the system's error, also if the path is a folder
 */
export function createFile(path: string, mode = 0o666): number {
  const create = () => openSync(path, 'wx', mode);
  try {
    return create();
  } catch (error) {
    if (errnoCode(error) !== 'EEXIST') throw error;
  }
  unlinkSync(path);
  return create();
}
