import { createHash, randomBytes } from 'node:crypto';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { UsageError } from '../errors.js';
import { stripControlChars } from '../text.js';
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
 * @throws UsageError if the folder that it starts from is unknown, and as {@link expandHome} does
 */
export function absolutePath(path: string, { cwd, home }: BaseFolders): string {
  const expanded = expandHome(path, home);
  if (isAbsolute(expanded) || cwd !== '') return resolve(cwd, expanded);
  throw new UsageError('usage', `Cannot find ${path}: the working directory no longer exists.`);
}

/**
 * Replaces a leading `~` of a typed path by the home folder.
 * @param separator a backslash on Windows, whose shells leave `~` to the programs
 * @throws UsageError if the home folder is unknown; on Windows also if the path contains a quotation mark, as no path
 *   does there
 */
export function expandHome(path: string, home: string, separator = sep): string {
  // In "C:\my models\", the last backslash makes the quotation mark behind it, and what follows, a part of the path.
  if (separator === '\\' && path.includes('"')) {
    throw new UsageError(
      'usage',
      `The path '${stripControlChars(path)}' contains a quotation mark. Type no backslash before the closing one.`,
    );
  }
  const isHome = path === '~' || path.startsWith('~/') || path.startsWith(`~${separator}`);
  if (!isHome) return path;
  if (home !== '') return home + path.slice(1);
  throw new UsageError('usage', `Cannot find ${path}: the home folder is unknown. Set HOME.`);
}
