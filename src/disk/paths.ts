import { createHash, randomBytes } from 'node:crypto';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { UsageError } from '../errors.js';
import { MAX_NAME_BYTES } from './safe-name.js';

export const PART = '.part';
export const RECORD = '.part.json';

/** Appends a suffix to a target's name, which is replaced by its hash if both are too long. */
export function sidecarPath(target: string, suffix: string): string {
  const name = basename(target);
  if (Buffer.byteLength(name + suffix) <= MAX_NAME_BYTES) return target + suffix;
  return join(dirname(target), shortHash(name, 16) + suffix);
}

/**
 * Returns a path in the target's folder for a file that is renamed when it is complete.
 * @param lock path of the caller's lock, if any; with it, the path is always the same, so that a stale file is found
 */
export function temporaryPath(target: string, lock?: string): string {
  const name = lock === undefined ? randomBytes(6).toString('hex') : shortHash(`${lock}\0${target}`, 12);
  return join(dirname(target), `.${name}.tmp`);
}

export function shortHash(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

/** The folders that paths start from; empty if the system does not tell, which matters only to paths that need them. */
export interface BaseFolders {
  readonly cwd: string;
  readonly home: string;
}

/**
 * Returns the absolute path of one that may be relative, or start with `~`.
 * @throws UsageError if the folder that it starts from is unknown
 */
export function absolutePath(path: string, { cwd, home }: BaseFolders): string {
  const expanded = expandHome(path, home);
  if (isAbsolute(expanded) || cwd !== '') return resolve(cwd, expanded);
  throw new UsageError('usage', `Cannot find ${path}: the working directory no longer exists.`);
}

/**
 * Replaces a leading `~` of a path by the home folder.
 * @throws UsageError if the home folder is unknown
 */
export function expandHome(path: string, home: string): string {
  if (path !== '~' && !path.startsWith('~/')) return path;
  if (home !== '') return home + path.slice(1);
  throw new UsageError('usage', `Cannot find ${path}: the home folder is unknown. Set HOME.`);
}
